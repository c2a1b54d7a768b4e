#include "core/os/child_process.h"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <system_error>

#include "core/os/group.h"
#include "core/os/running_process.h"

namespace agentd {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Time = SteadyClock::time_point;
using std::chrono::milliseconds;
using End = ProcessResult::End;

constexpr milliseconds kDrain{100};  // for what a group still has to say when its leader has ended
constexpr int kPipeReads = 16;       // of 64 KiB: the most that a pipe holds

/// One started program with its group, watched until all of it has gone.
class Group {
 public:
  using Sink = std::function<void(std::string_view)>;

  Group(Spawned spawned, const ProcessRequest& request, const Sink& sink)
      : request_(request), process_(std::move(spawned)), leader_(open_leader(process_)), sink_(sink) {}
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  ~Group() { kill(); }

  /// Until the leader has ended, of itself or because it had to: Exited, or why it had to.
  End wait(const Stop& stop);
  /// A short while for writers that outlive their leader: `cmd > >(tee log)`.
  void drain();
  int kill() { return kill_group(process_, request_.death_ms); }
  /// Hands on what is there now; false: nothing.
  bool read();

 private:
  void wait_for_news(Time until, const Stop* stop);

  const ProcessRequest& request_;
  Spawned process_;
  Fd leader_;  ///< readable once it has ended; none where the kernel has no such thing
  const Sink& sink_;
};

End Group::wait(const Stop& stop) {
  Time until = request_.timeout_ms > 0 ? SteadyClock::now() + milliseconds(request_.timeout_ms) : Time::max();
  End end = End::Exited;
  for (;;) {
    wait_for_news(until, end == End::Exited ? &stop : nullptr);
    if (leader_has_ended(process_)) return end;
    const bool late = SteadyClock::now() >= until;
    if (end != End::Exited) {
      if (late) return end;
    } else if (late || stop.reason() != StopReason::None) {
      end = late ? End::TimedOut : End::Interrupted;
      ::kill(-process_.leader, SIGTERM);
      until = SteadyClock::now() + milliseconds(request_.grace_ms);
    }
  }
}

void Group::wait_for_news(Time until, const Stop* stop) {
  auto left =
      std::min<std::int64_t>(60'000, std::chrono::ceil<milliseconds>(until - SteadyClock::now()).count());
  if (stop != nullptr) left = std::min(left, stop->time_left_ms().value_or(left));
  if (!leader_) left = std::min<std::int64_t>(left, 10);
  std::array<pollfd, 3> polls = {{{process_.output.get(), POLLIN, 0},
                                  {leader_.get(), POLLIN, 0},
                                  {stop != nullptr ? stop->fd() : -1, POLLIN, 0}}};
  ::poll(polls.data(), polls.size(), static_cast<int>(std::max<std::int64_t>(left, 1)));
  if (polls[0].revents != 0) read();
}

void Group::drain() {
  const Time until = SteadyClock::now() + kDrain;
  while (process_.output && SteadyClock::now() < until) {
    pollfd output = {process_.output.get(), POLLIN, 0};
    if (::poll(&output, 1, static_cast<int>(kDrain.count())) == 0) return;
    read();
  }
}

bool Group::read() {
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(process_.output.get(), buffer.data(), buffer.size());
  if (got > 0) sink_({buffer.data(), static_cast<std::size_t>(got)});
  if (got == 0) process_.output.close();
  return got > 0;
}

}  // namespace

ProcessResult ChildProcess::run(const ProcessRequest& request,
                                const std::function<void(std::string_view)>& output, const Stop& stop) {
  if (stop.reason() != StopReason::None) return {End::Interrupted, 0, ""};
  adopt_orphans();
  Spawned spawned;
  try {
    spawned = spawn(request);
  } catch (const std::system_error& error) {
    return {End::NotStarted, error.code().value(), error.what()};
  }
  Group group(std::move(spawned), request, output);
  const End end = group.wait(stop);
  if (end == End::Exited) group.drain();
  const int status = group.kill();
  // All that the group wrote is in the pipe now; no waiting for a program that left the group and holds it.
  for (int reads = 0; reads < kPipeReads && group.read(); ++reads) {
  }
  return process_result(end, status);
}

std::unique_ptr<RunningProcess> ChildProcess::start(const ProcessRequest& request, ProcessWatcher& watcher) {
  return start_process(request, watcher);
}

}  // namespace agentd
