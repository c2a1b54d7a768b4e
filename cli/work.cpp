#include "cli/work.h"

#include "cli/children.h"
#include "cli/runs.h"
#include "core/os/signals.h"
#include "core/store/files.h"
#include "core/store/mount.h"
#include "core/store/ownership.h"

namespace agentd {

namespace {

/// It would spend what is not counted, and for a run that may have ended.
void refuse_child(const RunPaths& paths, const State& state) {
  if (state.parent.empty()) return;
  throw Error(Exit::Usage, "run " + state.run + " was called by run " + state.parent +
                               ", and goes on with it: agentd resume " + top_run(paths, state));
}

Finish busy(const RunPaths& paths) {
  const Holder holder = read_holder(paths.lock());
  Finish finish{paths};
  if (is_there(paths.journal())) finish.state = view_run(paths).state;
  finish.state.run = paths.id;  // which may have no event yet
  // It may not have said yet who it is.
  const std::string who =
      holder.host.empty() ? "" : " (host " + holder.host + ", pid " + std::to_string(holder.pid) + ")";
  finish.standing = {
      "busy", "busy",
      "another invocation works on run " + finish.state.run + who + "; --wait DUR waits for it",
      Exit::Suspended};
  return finish;
}

}  // namespace

std::string result_json(const Finish& finish) {
  return result_json(finish.state, finish.standing, finish.steps, SystemClock().now_ms(), finish.paths);
}

Work::Work(const Args& args, Config config, MemoryDir memory, Person* person,
           std::function<void(const Record&)> observe)
    : args_(args),
      person_(person),
      observe_(std::move(observe)),
      config_(std::move(config)),
      stop_(make_process_stop(args.deadline_ms, args.begun_ms)),
      memory_(std::move(memory)) {
  const std::string warning = mount_warning(memory_.path());
  if (!warning.empty()) notices_.say(warning);
}

Finish Work::start(const Wish& wish) {
  if (!memory_.has_run(wish.id)) check_environment(host(), wish.task);
  return go_on(memory_.make_run(wish.id), [&](const State&) { return wish; });
}

Finish Work::resume(const std::string& run) {
  return go_on(existing_run(memory_, run),
               [&](const State& state) { return wish_from_journal(args_, state); });
}

Finish Work::go_on(const RunPaths& paths, const Invocation::MakeWish& make_wish) {
  std::int64_t steps = 0;
  const auto observe = [&](const Record& record) {
    steps += std::holds_alternative<ModelReplied>(record.event) ? 1 : 0;
    observe_(record);
  };
  Invocation invocation(host(), {observe, args_.wait_ms});
  auto outcome = invocation.work(paths, [&](const State& state) {
    refuse_child(paths, state);
    return make_wish(state);
  });
  if (!outcome) return busy(paths);
  const Standing standing = standing_of(outcome->state);
  return {paths, std::move(outcome->state), standing, steps, outcome->has_worked};
}

}  // namespace agentd
