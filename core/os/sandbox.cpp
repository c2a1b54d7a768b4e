#include "core/os/sandbox.h"

#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/os/landlock.h"
#include "core/os/syscall_filter.h"

// Limits on processes, memory and file sizes are left alone on purpose: the kernel counts processes per user,
// so a limit would hit others; runtimes reserve address space by the terabyte; and a large file is no harm
// that a full disk is not. Time limits bound what a command can use up.

namespace agentd {
namespace {

constexpr long kRestrictSelf = 446;  // landlock_restrict_self

/// What root keeps: files and users as ever; nothing that reaches the kernel, devices or other programs.
constexpr std::array kKept = {CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER,  CAP_FSETID,          CAP_KILL,
                              CAP_SETGID, CAP_SETUID,       CAP_SETFCAP, CAP_NET_BIND_SERVICE};

const char* drop_capabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets = {};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return "cannot read its capabilities";
  std::uint32_t kept = 0;
  for (const int capability : kKept) kept |= std::uint32_t{1} << capability;
  for (const std::size_t half : {0U, 1U}) {
    const std::uint32_t mask = half == 0 ? kept : 0;
    sets[half].effective &= mask;
    sets[half].permitted &= mask;
    sets[half].inheritable &= mask;
  }
  return ::syscall(SYS_capset, &header, sets.data()) == 0 ? nullptr : "cannot drop its capabilities";
}

bool own_mounts() {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool cover(const char* path, const char* with) {
  return ::mount(with, path, nullptr, MS_BIND | MS_REC, nullptr) == 0;
}

/// Being allowed to is not enough: containers refuse it in ways of their own.
bool can_cover() {
  const pid_t pid = ::vfork();
  if (pid == 0) ::_exit(own_mounts() && cover("/dev/null", "/dev/null") ? 0 : 1);
  int status = -1;
  return pid > 0 && ::waitpid(pid, &status, 0) == pid && status == 0;
}

bool can_filter() {
  const std::uint32_t action = SECCOMP_RET_ERRNO;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0U, &action) == 0 &&
         !make_syscall_filter({}, 0).empty();
}

/// Without SPEC_ALLOW many kernels slow the whole program down; the oldest do not know it.
bool enter_filter(const std::vector<sock_filter>& filter) {
  const sock_fprog program = {static_cast<unsigned short>(filter.size()),
                              const_cast<sock_filter*>(filter.data())};
  for (const unsigned flags : {unsigned{SECCOMP_FILTER_FLAG_SPEC_ALLOW}, 0U}) {
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0) return true;
    if (errno != EINVAL) return false;
  }
  return false;
}

std::vector<std::string> gaps_of(const SandboxSupport& support) {
  std::vector<std::string> gaps;
  if (support.landlock == 0) gaps.push_back("read and write all files of this user");
  if (support.landlock > 0 && support.landlock < kLandlockTruncate)
    gaps.push_back("empty files that they may only read");
  if (support.landlock < kLandlockScopes) gaps.push_back("send signals to other programs of this user");
  if (!support.filter) gaps.push_back("reach the network and local services, whatever the task says");
  return gaps;
}

}  // namespace

SandboxSupport sandbox_support(int landlock) {
  SandboxSupport support{std::min(landlock_version(), landlock), can_filter(), can_cover()};
  support.gaps = gaps_of(support);
  return support;
}

Confinement::Confinement(const Sandbox& sandbox)
    : limits_{{RLIMIT_CORE, {0, 0}}}, covers_(sandbox.covers), rules_(make_landlock_rules(sandbox)) {
  const auto limit = [&](auto resource, const std::optional<std::int64_t>& megabytes) {
    rlimit ours = {};
    if (!megabytes || ::getrlimit(resource, &ours) != 0) return;
    const rlim_t bytes = std::min(static_cast<rlim_t>(*megabytes) << 20, ours.rlim_max);
    limits_.push_back({resource, {bytes, bytes}});
  };
  limit(RLIMIT_AS, sandbox.memory_mb);
  limit(RLIMIT_FSIZE, sandbox.file_mb);
  const int landlock = std::min(landlock_version(), sandbox.landlock);
  if (can_filter()) filter_ = make_syscall_filter(sandbox, landlock);
}

const char* Confinement::enter() const {
  if (!covers_.empty() && !own_mounts()) return "cannot get its own view of the files";
  for (const Sandbox::Cover& one : covers_)
    if (!cover(one.path.c_str(), one.with.c_str())) return "cannot hide files from it";
  for (const Limit& limit : limits_)
    if (::setrlimit(limit.resource, &limit.value) != 0) return "cannot limit it";
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return "cannot keep it from new privileges";
  if (const char* problem = drop_capabilities()) return problem;
  if (rules_ && ::syscall(kRestrictSelf, rules_.get(), 0U) != 0) return "cannot close its sandbox";
  if (!filter_.empty() && !enter_filter(filter_)) return "cannot filter its system calls";
  return nullptr;
}

}  // namespace agentd
