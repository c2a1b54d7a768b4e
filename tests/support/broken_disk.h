#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/child.h"

// Ways to break the ground under a process. For children only: none can be undone.

namespace agentd {

/// What the kernel does to a process whose NFS lease is over: its writes and syncs fail with EIO. What acts
/// by name, or cuts a file, would reach the new owner: it kills the process (SIGSYS).
inline void lose_the_lease() {
  constexpr std::array kFail = {SYS_pwrite64, SYS_pwritev, SYS_fsync, SYS_fdatasync};
  constexpr std::array kKill = {SYS_ftruncate, SYS_unlinkat, SYS_renameat2, SYS_linkat,
#ifdef SYS_unlink
                                SYS_unlink,    SYS_rename,   SYS_link
#endif
  };
  std::vector<sock_filter> program = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  const auto answer = [&](long call, unsigned verdict) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, verdict));
  };
  for (const long call : kFail) answer(call, SECCOMP_RET_ERRNO | EIO);
  for (const long call : kKill) answer(call, SECCOMP_RET_KILL_PROCESS);
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  sock_fprog filter = {static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    throw std::runtime_error("no seccomp");
  }
}

constexpr const char* kSkipped = "skipped: nothing can be mounted here";

/// Mounts a tmpfs of that size (such as "200k") on `folder`, seen by this process alone. Throws kSkipped
/// where nobody may.
inline void mount_small_disk(const std::string& folder, const std::string& size) {
  const auto user = std::to_string(::geteuid()), group = std::to_string(::getegid());
  if (::geteuid() != 0) {
    if (::unshare(CLONE_NEWUSER) != 0) throw std::runtime_error(kSkipped);
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
    std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
  }
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", folder.c_str(), "tmpfs", 0, ("size=" + size).c_str()) != 0) {
    throw std::runtime_error(kSkipped);
  }
}

inline void check_unless_skipped(const Ended& ended) {
  if (ended.errors == std::string(kSkipped) + "\n") {
    WARN(kSkipped);
  } else {
    CHECK(ended.errors == "");
  }
}

inline bool resize_disk(const std::string& folder, const std::string& size) {
  return ::mount("tmpfs", folder.c_str(), "tmpfs", MS_REMOUNT, ("size=" + size).c_str()) == 0;
}

}  // namespace agentd
