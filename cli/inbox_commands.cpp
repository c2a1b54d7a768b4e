#include <algorithm>
#include <iostream>
#include <map>

#include "cli/children.h"
#include "cli/commands.h"
#include "cli/expand.h"
#include "cli/memory_key.h"
#include "cli/report.h"
#include "cli/runs.h"
#include "core/mask.h"
#include "core/os/signals.h"
#include "core/os/system_clock.h"
#include "core/store/inbox.h"

namespace agentd {

namespace {

/// Whether nothing can happen in the run any more; says so if that is the case.
bool has_ended(const State& state) {
  if (!state.ending) return false;
  const auto* failed = std::get_if<Failed>(&*state.ending);
  if ((failed != nullptr && failed->can_resume) || std::holds_alternative<LimitReached>(*state.ending))
    return false;
  std::cerr << "agentd: run " << state.run << " has already ended: " << standing_of(state).status << '\n';
  return true;
}

/// The calls that wait for approval, or the one that is named.
std::vector<CallId> calls_to_decide(const State& state, const std::string& named) {
  std::vector<CallId> waiting;
  for (const CallState& call : state.calls) {
    const bool is_named = named.empty() || to_string(call.id) == named;
    if (is_named && call.status == CallStatus::Open && call.approval == Approval::Requested)
      waiting.push_back(call.id);
  }
  return waiting;
}

/// Saying the same again does no harm.
Exit say_late(const Args& args, const std::map<std::string, bool>& decided, bool approves) {
  const auto found = decided.find(args.call);
  const bool is_same = found != decided.end() && found->second == approves;
  std::cerr << "agentd: run " << args.target << " waits for no approval"
            << (args.call.empty() ? "" : " of call " + args.call);
  if (found != decided.end())
    std::cerr << ": that was " << (found->second ? "approved" : "denied") << " before";
  std::cerr << "; see agentd show " << args.target << '\n';
  return is_same ? Exit::Completed : Exit::Failed;
}

/// By a request that came twice.
bool was_left(const std::string& request, const std::vector<Letter>& left, const State& state) {
  const auto is_of_request = [&](const std::string& id) { return has_key(id, request); };
  const auto is_letter = [&](const Letter& letter) { return is_of_request(letter.id); };
  return !request.empty() && (std::any_of(left.begin(), left.end(), is_letter) ||
                              std::any_of(state.letters.begin(), state.letters.end(), is_of_request));
}

std::string masked(const std::string& text, const State& state) {
  return mask(text, Secrets(known_secrets(state.task)));
}

/// The letters name the calls, so that they decide on nothing that is asked for later.
Exit decide(const Args& args, Letter::Kind kind) {
  const bool approves = kind == Letter::Kind::Approve;
  const RunPaths paths = existing_run(look_at_memory(args), args.target);
  std::map<std::string, bool> decided;
  const State state = view_run(paths, [&](const Record& record) {
                        if (const auto* given = std::get_if<ApprovalGiven>(&record.event))
                          decided[to_string(given->call)] = given->approved;
                      }).state;
  const std::vector<CallId> calls = calls_to_decide(state, args.call);
  if (calls.empty()) return say_late(args, decided, approves);
  if (has_ended(state)) return Exit::Failed;
  for (const CallId& call : calls) {
    InboxFolder(paths).leave({"", kind, masked(args.text, state), call}, SystemClock().now_ms());
    std::cerr << (approves ? "approved" : "denied") << " call " << to_string(call) << " of run "
              << args.target << ": run " << (state.parent.empty() ? "it" : top_run(paths, state))
              << " again, unless an invocation works on it\n";
  }
  return Exit::Completed;
}

}  // namespace

Exit approve_command(const Args& args) {
  return decide(args, Letter::Kind::Approve);
}

Exit deny_command(const Args& args) {
  return decide(args, Letter::Kind::Deny);
}

Exit send_command(const Args& args) {
  const RunPaths paths = existing_run(look_at_memory(args), args.target);
  // The inbox first: a letter goes from there to the journal.
  const std::vector<Letter> left = InboxFolder(paths).read();
  const State state = view_run(paths).state;
  if (was_left(args.request_id, left, state)) {
    std::cerr << "that was left for run " << args.target << " before\n";
    return Exit::Completed;
  }
  if (has_ended(state)) return Exit::Failed;
  InboxFolder(paths).leave({"", Letter::Kind::Say, masked(args.text, state)}, SystemClock().now_ms(),
                           args.request_id);
  std::cerr << "left for run " << args.target << ": it takes that up at its next step\n";
  return Exit::Completed;
}

Exit cancel_command(const Args& args) {
  const MemoryDir memory = look_at_memory(args);
  const RunPaths paths = existing_run(memory, args.target);
  if (has_ended(view_run(paths).state)) return Exit::Failed;
  SystemClock clock;
  cancel_run(memory, args.target, clock, *make_process_stop(std::nullopt));
  const bool is_done = standing_of(view_run(paths).state).status == "cancelled";
  std::cerr << "run " << args.target
            << (is_done ? " is cancelled\n" : " will be cancelled by the invocation that works on it\n");
  return Exit::Completed;
}

}  // namespace agentd
