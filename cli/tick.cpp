#include <algorithm>
#include <iostream>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>

#include "cli/children.h"
#include "cli/commands.h"
#include "cli/due.h"
#include "cli/forgetting.h"
#include "cli/memory_key.h"
#include "cli/narrate.h"
#include "cli/own_process.h"
#include "cli/turn.h"
#include "core/os/child_process.h"
#include "core/os/signals.h"
#include "core/os/system_clock.h"
#include "core/store/files.h"
#include "core/store/inbox.h"
#include "core/store/mount.h"
#include "core/store/ownership.h"
#include "core/store/snapshot.h"

// A run has a process of its own: what befalls one, from a crash to a lost lease, befalls no other. Nothing
// is kept between ticks, and ticks may overlap: who owns a run is decided by its locks alone.

namespace agentd {

namespace {

/// What an invocation promises to need for its way out.
constexpr std::int64_t kGraceMs = 2000;

/// Each is a process with tools of its own: on large machines memory ends before processors do.
std::int64_t usual_jobs() {
  return std::clamp<std::int64_t>(std::thread::hardware_concurrency(), 1, 16);
}

/// One pass over a memory directory.
class Tick {
 public:
  Tick(const Args& args, const MemoryDir& memory)
      : args_(args), memory_(memory), stop_(make_process_stop(args.deadline_ms, args.begun_ms)) {}

  Exit run() {
    SystemClock clock;
    warning_ = mount_warning(memory_.path());
    if (!warning_.empty()) std::cerr << "agentd: " << warning_ << '\n';
    find_due();
    give_turns();
    if (!is_over()) collect_daily(memory_, clock, *stop_);
    if (args_.output == Output::Json) std::cout << turns_json(turns_, remaining_) << '\n';
    if (remaining_ > 0)
      std::cerr << "agentd: " << remaining_ << (remaining_ == 1 ? " run" : " runs")
                << " can go on and had no turn: tick again\n";
    return tick_exit(turns_, remaining_);
  }

 private:
  bool is_over() const { return stop_->reason() != StopReason::None; }

  void find_due() {
    for (const std::string& id : memory_.run_ids()) {
      if (is_over()) return void(++remaining_);  // at least this one was not looked at
      try {
        if (auto run = look(id)) due_.push_back(std::move(*run));
      } catch (const Error& error) {  // a broken run stops no other
        tell(broken_turn(id, error.what()));
      }
    }
    sort_by_wait(due_);
  }

  std::optional<DueRun> look(const std::string& id) {
    const RunPaths paths = memory_.run(id);
    const std::int64_t now_ms = SystemClock().now_ms();
    if (is_held(paths.lock())) return std::nullopt;
    const std::vector<Letter> letters = InboxFolder(paths).read();
    const auto last = read_last_record(paths);
    if (!last || !may_be_due(*last, !letters.empty(), now_ms)) return std::nullopt;
    RunView view = view_run(paths);
    view.children_wait = children_wait(paths, view.state, nullptr, now_ms);
    const auto since_ms = due_since(view, letters, now_ms);
    if (!since_ms) return std::nullopt;
    return DueRun{id, *since_ms, view.state.expected_reply_ms};
  }

  void give_turns() {
    const auto jobs = static_cast<std::size_t>(args_.jobs.value_or(usual_jobs()));
    const std::size_t wanted = std::min(jobs, due_.size());
    first_ = wanted;
    std::vector<std::jthread> threads;
    try {
      while (threads.size() + 1 < wanted) threads.emplace_back([this] { work(); });
    } catch (const std::system_error&) {  // no more threads to be had: fewer do it all
    }
    work();
  }

  void work() {
    while (const DueRun* run = next()) {
      try {
        take_turn(*run);
      } catch (const Error& error) {
        tell(broken_turn(run->id, error.what()));
      }
    }
  }

  /// Those that come first are begun even if time is short, or a tick that is too short for all would never
  /// begin any.
  const DueRun* next() {
    const std::lock_guard lock(mutex_);
    for (; next_ < due_.size(); ++remaining_) {
      const DueRun& run = due_[next_++];
      if (!is_over() && (next_ <= first_ || has_time(run, stop_->time_left_ms()))) return &run;
    }
    return nullptr;
  }

  void take_turn(const DueRun& run) {
    if (!look(run.id)) return;  // by another tick, meanwhile
    OwnProcess::Request request;
    request.words = {"resume", run.id, "--memory", memory_.path().string(), "--output", "json"};
    if (const auto left = stop_->time_left_ms())
      request.words.insert(request.words.end(), {"--deadline", std::to_string(*left) + "ms"});
    request.grace_ms = kGraceMs;
    const auto say = [&](const std::string& line) { pass_on(run.id, line); };
    const OwnProcess::Result result = own_process_.run(request, say, *stop_);
    tell(turn_of(run.id, result.answer, result.ended));
  }

  void pass_on(const std::string& id, const std::string& line) {
    if (line == "agentd: " + warning_) return;
    const std::lock_guard lock(mutex_);
    std::cerr << id << ": " << printable(line) << '\n';
  }

  void tell(RunTurn turn) {
    const std::lock_guard lock(mutex_);
    if (args_.output == Output::Text) std::cout << turn_text(turn) << std::endl;
    if (args_.output == Output::Json && turn.status == "storage")
      std::cerr << "agentd: " << turn_text(turn) << '\n';
    turns_.push_back(std::move(turn));
  }

  const Args& args_;
  const MemoryDir& memory_;
  const std::unique_ptr<Stop> stop_;
  ChildProcess process_;
  const OwnProcess own_process_{process_};
  std::string warning_;
  std::vector<DueRun> due_;

  std::mutex mutex_;  ///< for what follows, and for printing
  std::size_t next_ = 0;
  std::size_t first_ = 0;  ///< how many come first
  std::vector<RunTurn> turns_;
  std::int64_t remaining_ = 0;  ///< had no turn
};

}  // namespace

Exit tick_command(const Args& args) {
  const MemoryDir memory = look_at_memory(args);
  if (!is_there(memory.path()))
    std::cerr << "agentd: there is no " << memory.path().string() << " yet, and so no runs in it\n";
  return Tick(args, memory).run();
}

}  // namespace agentd
