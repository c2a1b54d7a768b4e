#include "cli/children.h"

#include <algorithm>
#include <iostream>

#include "cli/expand.h"
#include "cli/runs.h"
#include "core/children.h"
#include "core/loop.h"
#include "core/store/files.h"
#include "core/store/inbox.h"
#include "core/store/ownership.h"
#include "core/store/sqlite_journal.h"
#include "core/text.h"

namespace agentd {

namespace {

/// Somebody who only takes in a letter is done by then.
constexpr std::int64_t kWaitMs = 2000;

State busy(const std::string& id) {
  State state;
  state.run = id;
  state.suspended = Suspended{"busy", std::nullopt, "another invocation works on it"};
  return state;
}

bool only_waits(const RunPaths& run, const Person* person, std::int64_t now_ms) {
  if (!is_there(run.journal()) || !InboxFolder(run).read().empty()) return false;
  const State state = view_run(run).state;
  Now now{.wall_ms = now_ms};
  now.has_person = person != nullptr && person->can_answer(state);
  now.children_wait = children_wait(run, state, person, now_ms);
  return !state.ending && would_only_wait(state, now);
}

}  // namespace

State Children::run(const ToolRun& call, const Task& task, const Inputs& inputs, const Stop& stop) {
  const std::string id = child_id(parent_, call.call);
  const Host host{host_.memory, host_.config, host_.clock, stop, host_.notices, host_.secrets, host_.person};
  const Wish wanted{"", task, inputs, render_template(task.goal, inputs)};
  try {
    if (!host.memory.has_run(id)) check_environment(host, task);
    Invocation invocation(host, {.wait_ms = kWaitMs, .grant = call.grant});
    const auto outcome = invocation.work(host.memory.make_run(id), [&](const State& state) {
      return wish_for_call(call, parent_, wanted, state);
    });
    return outcome ? outcome->state : busy(id);
  } catch (const Error& error) {
    throw Error(error.exit(), "run " + id + ": " + error.what());
  }
}

bool children_wait(const RunPaths& run, const State& state, const Person* person, std::int64_t now_ms) {
  if (!state.suspended || state.suspended->child.empty()) return false;
  const std::vector<std::string> ids = open_children(state);
  return std::all_of(ids.begin(), ids.end(),
                     [&](const std::string& id) { return only_waits(run.beside(id), person, now_ms); });
}

std::vector<State> children_for_person(const RunPaths& run, const State& state) {
  std::vector<State> waiting;
  if (state.ending || !state.suspended || state.suspended->child.empty()) return waiting;
  for (const std::string& id : open_children(state)) {
    const RunPaths paths = run.beside(id);
    if (!is_there(paths.journal())) continue;
    State child = view_run(paths).state;
    std::vector<State> below = children_for_person(paths, child);
    if (!child.ending && std::any_of(child.calls.begin(), child.calls.end(), needs_person))
      waiting.push_back(std::move(child));
    std::move(below.begin(), below.end(), std::back_inserter(waiting));
  }
  return waiting;
}

std::string top_run(const RunPaths& run, const State& state) {
  if (state.parent.empty()) return state.run;
  const RunPaths above = run.beside(state.parent);
  return is_there(above.journal()) ? top_run(above, view_run(above).state) : state.parent;
}

bool is_over(const State& state) {
  return state.ending && (std::holds_alternative<Completed>(*state.ending) ||
                          std::holds_alternative<Cancelled>(*state.ending));
}

void cancel_run(const MemoryDir& memory, const std::string& id, Clock& clock, const Stop& stop) {
  const RunPaths paths = memory.make_run(id);
  InboxFolder inbox(paths);
  inbox.leave({"", Letter::Kind::Cancel, ""}, clock.now_ms());
  const auto owner = Ownership::acquire(paths, 0, clock, stop);
  if (!owner) return;
  const auto journal = open_journal(paths);
  State state = fold(*journal);
  if (state.seq == 0 || is_over(state)) return;
  const Secrets secrets(known_secrets(state.task));
  Recorder recorder({*journal, clock, &secrets}, state, [](const Record&) {});
  recorder.stage(this_invocation(paths));
  recorder.take_in(inbox);
  cancel_children(memory, id, open_children(state), clock, stop);
}

void cancel_children(const MemoryDir& memory, const std::string& parent, const std::vector<std::string>& ids,
                     Clock& clock, const Stop& stop) {
  for (const std::string& id : ids) {
    if (!memory.has_run(id)) continue;
    try {
      const State child = view_run(memory.run(id)).state;
      if (!child.ending && child.parent == parent) cancel_run(memory, id, clock, stop);
    } catch (const Error& error) {
      std::cerr << "agentd: run " << id << " could not be cancelled: " << error.what() << '\n';
    }
  }
}

}  // namespace agentd
