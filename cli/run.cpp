#include <unistd.h>

#include <iostream>

#include "cli/children.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/invocation.h"
#include "cli/narrate.h"
#include "cli/person.h"
#include "cli/report.h"
#include "cli/runs.h"
#include "core/os/signals.h"
#include "core/os/system_clock.h"
#include "core/store/files.h"
#include "core/store/mount.h"
#include "core/store/ownership.h"

namespace agentd {

namespace {

/// How the run stands when this process is done with it.
struct Finish {
  State state;
  Standing standing;
  bool was_told = false;  ///< to a person, as it happened
};

/// `run` or `resume`.
class Work {
 public:
  explicit Work(const Args& args)
      : args_(args),
        config_(read_config()),
        stop_(make_process_stop(args.deadline_ms)),
        person_(args),
        console_(args, [this] { return person_.is_asking(); }),
        memory_(MemoryDir::create(args.memory)) {
    const std::string warning = mount_warning(memory_.path());
    if (!warning.empty()) notices_.say(warning);
  }

  const Config& config() const { return config_; }
  const MemoryDir& memory() const { return memory_; }

  /// What is missing is said before a new run leaves any trace.
  void check(const Wish& wish) {
    if (!memory_.has_run(wish.id)) check_environment(host(), wish.task);
  }

  Exit go_on(const RunPaths& paths, const Invocation::MakeWish& make_wish) {
    const auto observe = [&](const Record& record) {
      steps_ += std::holds_alternative<ModelReplied>(record.event) ? 1 : 0;
      console_.saw(record);
    };
    Invocation invocation(host(), {observe, args_.wait_ms});
    const auto outcome = invocation.work(paths, [&](const State& state) {
      refuse_child(paths, state);
      return make_wish(state);
    });
    if (!outcome) return report(busy(paths), paths);
    const bool was_told = outcome->has_worked && console_.shows_text();
    return report({outcome->state, standing_of(outcome->state), was_told}, paths);
  }

 private:
  Host host() { return {memory_, config_, clock_, *stop_, notices_, secrets_, &person_}; }

  /// It would spend what is not counted, and for a run that may have ended.
  static void refuse_child(const RunPaths& paths, const State& state) {
    if (state.parent.empty()) return;
    const std::string top = top_run(paths, state);
    throw Error(Exit::Usage, "run " + state.run + " was called by run " + state.parent +
                                 ", and goes on with it: agentd resume " + top);
  }

  Exit report(const Finish& finish, const RunPaths& paths) {
    const std::string result = result_json(finish.state, finish.standing, steps_, clock_.now_ms(), paths);
    const std::string* answer = answer_of(finish.state);
    if (args_.output == Output::Json) std::cout << result << '\n';
    if (args_.output == Output::Jsonl) std::cout << result_line(result) << '\n';
    if (args_.output == Output::Text && answer != nullptr)
      std::cout << (::isatty(STDOUT_FILENO) == 1 ? printable(*answer) : *answer) << '\n';
    if (args_.output == Output::Text && !finish.standing.message.empty() && !finish.was_told)
      std::cerr << "agentd: " << finish.standing.message << resume_text(finish.state) << '\n';
    return finish.standing.exit;
  }

  static Finish busy(const RunPaths& paths) {
    const Holder holder = read_holder(paths);
    Finish finish;
    finish.state.run = paths.folder.filename().string();
    if (is_there(paths.journal())) finish.state = view_run(paths).state;
    // It may not have said yet who it is.
    const std::string who =
        holder.host.empty() ? "" : " (host " + holder.host + ", pid " + std::to_string(holder.pid) + ")";
    finish.standing = {
        "busy", "busy",
        "another invocation works on run " + finish.state.run + who + "; --wait DUR waits for it",
        Exit::Suspended};
    return finish;
  }

  const Args& args_;
  Config config_;
  SystemClock clock_;
  std::unique_ptr<Stop> stop_;
  PersonHere person_;
  Console console_;
  Notices notices_;
  Secrets secrets_;
  MemoryDir memory_;
  std::int64_t steps_ = 0;
};

}  // namespace

Exit run_command(const Args& args) {
  Work work(args);
  const Wish wish = wish_from_file(args, work.config(), work.memory());
  work.check(wish);
  return work.go_on(work.memory().make_run(wish.id), [&](const State&) { return wish; });
}

Exit resume_command(const Args& args) {
  Work work(args);
  return work.go_on(existing_run(work.memory(), args.target),
                    [&](const State& state) { return wish_from_journal(args, state); });
}

}  // namespace agentd
