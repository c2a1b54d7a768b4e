#include "cli/lambda_answer.h"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/expand.h"
#include "cli/lambda_event.h"
#include "cli/lambda_process.h"
#include "cli/memory_key.h"
#include "cli/runs.h"
#include "cli/runtime_api.h"
#include "cli/work.h"
#include "core/mask.h"
#include "core/os/signals.h"
#include "core/store/files.h"
#include "core/store/inbox.h"

namespace agentd {

namespace {

constexpr const char* kBadEvent = "Agent.BadEvent";
constexpr const char* kConfig = "Agent.Config";
constexpr const char* kStorage = "Agent.Storage";
constexpr const char* kInternal = "Agent.Internal";

/// The invocation is itself no good.
struct Refusal {
  FunctionError error;
  Exit exit;
};

/// `usage`: whose fault it is where `work` finds something wrong with what it was given.
template <class Work>
auto blaming(const char* usage, const Work& work) {
  try {
    return work();
  } catch (const Error& error) {
    const char* type = error.exit() == Exit::Usage     ? usage
                       : error.exit() == Exit::Storage ? kStorage
                                                       : kInternal;
    throw Refusal{{type, error.what()}, error.exit()};
  }
}

Exit print(const std::string& answer, Exit exit) {
  std::cout << answer << std::endl;
  return exit;
}

/// A run answers for its own folder, once that is there: what is broken in it is how the run stands.
template <class GoOn>
Exit print_finish(const RunPaths& paths, const char* usage, const GoOn& go_on) {
  try {
    const Finish finish = blaming(usage, go_on);
    return print(result_json(finish), finish.standing.exit);
  } catch (const Refusal& refusal) {
    if (refusal.error.type != kStorage || !is_there(paths.folder)) throw;
    const Standing standing{"storage", "storage", refusal.error.message, Exit::Storage};
    std::cerr << "agentd: " << refusal.error.message << '\n';
    return print(result_without_state(paths.id, standing), Exit::Storage);
  }
}

Exit work_on(const Args& args) {
  Console console(args);
  const Config config = blaming(kConfig, [] { return read_config(); });
  const bool is_run = args.command == "run";
  const bool is_of_image = is_run && !args.task_text && is_there(args.target);
  const Task task =
      blaming(is_of_image ? kConfig : kBadEvent, [&] { return is_run ? wanted_task(args, config) : Task(); });
  const auto observe = [&](const Record& record) { console.saw(record); };
  Work work = blaming(
      kConfig, [&] { return Work(args, config, make_memory(args, task.encryption), nullptr, observe); });
  if (!is_run) {
    const RunPaths paths = blaming(kBadEvent, [&] { return existing_run(work.memory(), args.target); });
    return print_finish(paths, kBadEvent, [&] { return work.resume(args.target); });
  }
  const Wish wish = blaming(kBadEvent, [&] { return wish_for(task, args, work.memory()); });
  return print_finish(work.memory().run(wish.id), kConfig, [&] { return work.start(wish); });
}

/// A slip of the pen; what only comes too late, or twice, is none.
void refuse_unknown_call(const Args& args, const State& state) {
  const auto is_pending = [](const CallState& call) {
    return call.status == CallStatus::Open && call.approval == Approval::Requested;
  };
  const auto is_named = [&](const CallState& call) { return to_string(call.id) == args.call; };
  if (args.call.empty() || std::none_of(state.calls.begin(), state.calls.end(), is_pending)) return;
  if (std::any_of(state.calls.begin(), state.calls.end(), is_named)) return;
  throw Error(Exit::Usage, "run " + args.target + " does not wait with call " + args.call);
}

/// What the run will find in its inbox is not waited for any more.
void foresee(State& state, const std::vector<Letter>& letters) {
  for (const Letter& letter : letters) {
    const auto is_meant = [&](const CallState& call) {
      return letter.kind == Letter::Kind::Say ? call.status == CallStatus::Asking && !call.answer
                                              : call.id == letter.call;
    };
    const auto call = std::find_if(state.calls.begin(), state.calls.end(), is_meant);
    if (call == state.calls.end()) continue;
    call->approval = Approval::Given;
    call->answer = letter.text;
  }
}

/// A file system that is not there is to be heard of also where there is nothing to do.
MemoryDir memory_of_event(const Args& args) {
  MemoryDir::make_place(args.memory);
  return look_at_memory(args);
}

/// How the run stands once it has been told: it can go on, if a person was all that it waited for.
Exit tell(const Args& args) {
  const RunPaths paths = blaming(kBadEvent, [&] { return existing_run(memory_of_event(args), args.target); });
  return print_finish(paths, kBadEvent, [&] {
    const Exit told = find_command(args.command)(args);
    RunView view = view_run(paths);
    Standing standing = standing_of(view);
    if (told == Exit::Failed) refuse_unknown_call(args, view.state);
    if (standing.status == "running") standing = {"busy", "busy", "", Exit::Suspended};
    foresee(view.state, InboxFolder(paths).read());
    const auto& calls = view.state.calls;
    if (standing.status == "waiting" && std::none_of(calls.begin(), calls.end(), needs_person))
      standing = {"suspended", "message", "", Exit::Suspended};
    return Finish{paths, view.state, standing};
  });
}

Exit tick(const Args& args) {
  return blaming(kConfig, [&] {
    memory_of_event(args);
    return tick_command(args);
  });
}

/// Each message has a process of its own, and what time is left.
Exit answer_batch(const Args& args, const SqsBatch& batch) {
  const auto stop = make_process_stop(args.deadline_ms, args.begun_ms);
  const EventProcess process(args);
  nlohmann::json failures = nlohmann::json::array();
  for (const SqsMessage& message : batch.messages) {
    const bool may_begin = stop->reason() == StopReason::None && (!batch.is_ordered || failures.empty());
    const bool is_done =
        may_begin && is_done_with(process.answer({message.id, message.body, stop->time_left_ms()}, *stop));
    if (!is_done) failures.push_back({{"itemIdentifier", message.id}});
  }
  return print(nlohmann::json{{"batchItemFailures", failures}}.dump(), Exit::Completed);
}

Exit answer(const Args& args, const std::string& text) {
  const auto batch = blaming(kBadEvent, [&] { return batch_from_event(text); });
  if (batch) return answer_batch(args, *batch);
  const Args wanted = blaming(kBadEvent, [&] { return args_from_event(text, args); });
  if (wanted.command == "tick") return tick(wanted);
  return wanted.command == "run" || wanted.command == "resume" ? work_on(wanted) : tell(wanted);
}

}  // namespace

Exit answer_event(const Args& args, const std::string& text) {
  try {
    return answer(args, text);
  } catch (Refusal& refusal) {
    refusal.error.message = mask(refusal.error.message, Secrets(known_secrets()));
    std::cerr << "agentd: " << refusal.error.message << '\n';
    return print(refusal.error.json(), refusal.exit);
  }
}

}  // namespace agentd
