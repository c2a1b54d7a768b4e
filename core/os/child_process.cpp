#include "core/os/child_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <system_error>
#include <thread>

#include "core/os/spawn.h"

namespace agentd {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Time = SteadyClock::time_point;
using std::chrono::milliseconds;
using End = ProcessResult::End;

constexpr milliseconds kGrace{300};   // from SIGTERM to SIGKILL
constexpr milliseconds kDrain{100};   // for what a group still has to say when its leader has ended
constexpr milliseconds kDeath{1000};  // for a killed process that hangs in the kernel
constexpr int kPipeReads = 16;        // of 64 KiB: the most that a pipe holds

/// One started program with its group, watched until all of it has gone.
class Group {
 public:
  using Sink = std::function<void(std::string_view)>;

  Group(Spawned spawned, const Sink& sink)
      : process_(std::move(spawned)),
        leader_(static_cast<int>(::syscall(SYS_pidfd_open, process_.leader, 0U))),
        sink_(sink) {}
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  ~Group() { kill(); }

  /// Until the leader has ended, of itself or because it had to: Exited, or why it had to.
  End wait(std::int64_t timeout_ms, const Stop& stop);
  /// A short while for writers that outlive their leader: `cmd > >(tee log)`.
  void drain();
  /// Kills and reaps all of it; the leader's wait status.
  int kill();
  /// Hands on what is there now; false: nothing.
  bool read();

 private:
  void wait_for_news(Time until, const Stop* stop);
  bool leader_has_ended() const;

  Spawned process_;
  Fd leader_;  ///< readable once it has ended; none where the kernel has no such thing
  const Sink& sink_;
};

End Group::wait(std::int64_t timeout_ms, const Stop& stop) {
  Time until = timeout_ms > 0 ? SteadyClock::now() + milliseconds(timeout_ms) : Time::max();
  End end = End::Exited;
  for (;;) {
    wait_for_news(until, end == End::Exited ? &stop : nullptr);
    if (leader_has_ended()) return end;
    const bool late = SteadyClock::now() >= until;
    if (end != End::Exited) {
      if (late) return end;
    } else if (late || stop.reason() != StopReason::None) {
      end = late ? End::TimedOut : End::Interrupted;
      ::kill(-process_.leader, SIGTERM);
      until = SteadyClock::now() + kGrace;
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

bool Group::leader_has_ended() const {
  siginfo_t info = {};
  const auto id = static_cast<id_t>(process_.leader);
  return ::waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == process_.leader;
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

int Group::kill() {
  int leader_status = SIGKILL;
  if (process_.leader < 0) return leader_status;
  ::kill(-process_.leader, SIGKILL);
  // We adopt the group's orphans (PR_SET_CHILD_SUBREAPER): no child left in it is the proof that it is dead.
  const Time until = SteadyClock::now() + kDeath;
  while (SteadyClock::now() < until) {
    int status = 0;
    const pid_t reaped = ::waitpid(-process_.leader, &status, WNOHANG);
    if (reaped < 0) break;
    if (reaped == process_.leader) leader_status = status;
    if (reaped == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  process_.leader = -1;
  return leader_status;
}

ProcessResult result_of(End end, int status) {
  const bool signalled = WIFSIGNALED(status);
  if (end == End::Exited && signalled) end = End::Signalled;
  return {end, signalled ? WTERMSIG(status) : WEXITSTATUS(status), ""};
}

}  // namespace

ProcessResult ChildProcess::run(const ProcessRequest& request,
                                const std::function<void(std::string_view)>& output, const Stop& stop) {
  if (stop.reason() != StopReason::None) return {End::Interrupted, 0, ""};
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  Spawned spawned;
  try {
    spawned = spawn(request);
  } catch (const std::system_error& error) {
    return {End::NotStarted, error.code().value(), error.what()};
  }
  Group group(std::move(spawned), output);
  const End end = group.wait(request.timeout_ms, stop);
  group.drain();
  const int status = group.kill();
  // All that the group wrote is in the pipe now; no waiting for a program that left the group and holds it.
  for (int reads = 0; reads < kPipeReads && group.read(); ++reads) {
  }
  return result_of(end, status);
}

}  // namespace agentd
