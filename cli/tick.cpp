#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>

#include "cli/children.h"
#include "cli/commands.h"
#include "cli/due.h"
#include "cli/narrate.h"
#include "cli/turn.h"
#include "core/os/child_process.h"
#include "core/os/signals.h"
#include "core/os/system_clock.h"
#include "core/store/files.h"
#include "core/store/inbox.h"
#include "core/store/mount.h"
#include "core/store/ownership.h"
#include "core/store/snapshot.h"
#include "core/text.h"

extern char** environ;

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

/// Ours, with the keys that models need.
std::map<std::string, std::string> whole_environment() {
  std::map<std::string, std::string> whole;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    if (const std::size_t equals = variable.find('='); equals != std::string_view::npos)
      whole.emplace(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return whole;
}

/// Takes what a run's process prints apart: lines for people, and its result object.
class Lines {
 public:
  explicit Lines(const std::function<void(const std::string&)>& say) : say_(say) {}
  void take(std::string_view bytes) {
    for (std::size_t end = 0; (end = bytes.find('\n')) != std::string_view::npos;) {
      add(bytes.substr(0, end));
      bytes.remove_prefix(end + 1);
      finish_line();
    }
    add(bytes);
  }
  std::string finish() {
    if (!line_.empty()) finish_line();
    return std::move(result_);
  }

 private:
  /// Longer lines than a result object may be are nobody's.
  void add(std::string_view bytes) {
    constexpr std::size_t kLongest = 256 << 10;
    line_ += bytes.substr(0, kLongest - std::min(kLongest, line_.size()));
  }
  void finish_line() {
    if (is_result(line_))
      result_ = std::move(line_);
    else if (!line_.empty())
      say_(line_);
    line_.clear();
  }

  const std::function<void(const std::string&)>& say_;
  std::string line_;
  std::string result_;
};

/// One pass over a memory directory.
class Tick {
 public:
  Tick(const Args& args, const MemoryDir& memory)
      : args_(args), memory_(memory), stop_(make_process_stop(args.deadline_ms)) {}

  Exit run() {
    warning_ = mount_warning(memory_.path());
    if (!warning_.empty()) std::cerr << "agentd: " << warning_ << '\n';
    find_due();
    give_turns();
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
    if (is_held(paths)) return std::nullopt;
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
    const std::function<void(const std::string&)> say = [&](const std::string& line) {
      pass_on(run.id, line);
    };
    Lines lines(say);
    const ProcessResult ended = process_.run(
        request_for(run), [&](std::string_view bytes) { lines.take(bytes); }, *stop_);
    tell(turn_of(run.id, lines.finish(), ended));
  }

  ProcessRequest request_for(const DueRun& run) const {
    ProcessRequest request;
    request.argv = {"/proc/self/exe",        "resume",   run.id, "--memory",
                    memory_.path().string(), "--output", "json"};
    if (const auto left = stop_->time_left_ms()) {
      request.argv.emplace_back("--deadline");
      request.argv.push_back(std::to_string(*left) + "ms");
    }
    request.folder = ".";
    request.env = environment_;
    request.grace_ms = kGraceMs;
    return request;
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
  const std::map<std::string, std::string> environment_ = whole_environment();
  ChildProcess process_;
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
  const MemoryDir memory = MemoryDir::look(args.memory);
  if (!is_there(memory.path()))
    std::cerr << "agentd: there is no " << memory.path().string() << " yet, and so no runs in it\n";
  return Tick(args, memory).run();
}

}  // namespace agentd
