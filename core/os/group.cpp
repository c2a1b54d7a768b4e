#include "core/os/group.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace agentd {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kDeath{1000};

/// Those of all threads.
std::vector<pid_t> children() {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    std::ifstream list(thread.path() / "children");
    for (pid_t child = 0; list >> child;) found.push_back(child);
  }
  return found;
}

}  // namespace

void adopt_orphans() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

Fd open_leader(const Spawned& process) {
  return Fd(static_cast<int>(::syscall(SYS_pidfd_open, process.leader, 0U)));
}

bool leader_has_ended(const Spawned& process) {
  siginfo_t info = {};
  const auto id = static_cast<id_t>(process.leader);
  return ::waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == process.leader;
}

int kill_group(Spawned& process, std::int64_t death_ms) {
  int leader_status = SIGKILL;
  if (process.leader < 0) return leader_status;
  ::kill(-process.leader, SIGKILL);
  // We adopt the group's orphans: no child left in it is the proof that it is dead.
  const auto until = SteadyClock::now() + std::chrono::milliseconds(death_ms);
  while (SteadyClock::now() < until) {
    int status = 0;
    const pid_t reaped = ::waitpid(-process.leader, &status, WNOHANG);
    if (reaped < 0) break;
    if (reaped == process.leader) leader_status = status;
    if (reaped == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  process.leader = -1;
  return leader_status;
}

bool end_children() {
  const auto until = SteadyClock::now() + kDeath;
  while (SteadyClock::now() < until) {
    const pid_t reaped = ::waitpid(-1, nullptr, WNOHANG);
    if (reaped < 0) return true;
    if (reaped > 0) continue;
    for (const pid_t child : children()) ::kill(child, SIGKILL);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return false;
}

ProcessResult process_result(ProcessResult::End end, int wait_status) {
  using End = ProcessResult::End;
  const bool signalled = WIFSIGNALED(wait_status);
  if (end == End::Exited && signalled) end = End::Signalled;
  return {end, signalled ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status), ""};
}

}  // namespace agentd
