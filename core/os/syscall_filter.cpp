#include "core/os/syscall_filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <initializer_list>

#include "core/os/landlock.h"

// What Landlock cannot say. A socket of the local kind reaches any program of the user that listens at a
// path: Docker, the session's bus, an SSH agent, a terminal multiplexer. Each of them runs commands or signs
// for whoever connects, outside of every sandbox, and no folder's rules are asked. So there are none, until
// the kernel's Landlock knows about them or the task names a socket to be written to. socketpair stays.

namespace agentd {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t refuse_with(int error) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

constexpr std::uint32_t kCallNumber = offsetof(seccomp_data, nr);
constexpr std::uint32_t kCallArchitecture = offsetof(seccomp_data, arch);
constexpr std::uint32_t kFirstArgument = offsetof(seccomp_data, args);  // its lower half: little-endian
constexpr std::uint32_t kFirstX32 = 0x40000000;                         // the other calls of x86_64
constexpr long kRingSetup = 425;       // io_uring would make and connect sockets unseen
constexpr long kTakeDescriptor = 438;  // pidfd_getfd

class Program {
 public:
  void load(std::uint32_t offset) { add(BPF_LD | BPF_W | BPF_ABS, offset); }
  void answer(std::uint32_t verdict) { add(BPF_RET | BPF_K, verdict); }
  void answer_if(std::uint32_t value, std::uint32_t verdict) {
    skip_unless(value, 1);
    answer(verdict);
  }
  void answer_unless(std::uint32_t value, std::uint32_t verdict) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
    answer(verdict);
  }
  void answer_from(std::uint32_t least, std::uint32_t verdict) {
    add(BPF_JMP | BPF_JGE | BPF_K, least, 0, 1);
    answer(verdict);
  }
  void refuse(std::initializer_list<long> calls, int error) {
    for (const long call : calls) answer_if(static_cast<std::uint32_t>(call), refuse_with(error));
  }
  void skip_unless(std::uint32_t value, std::size_t instructions) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, static_cast<std::uint8_t>(instructions));
  }
  std::vector<sock_filter> take() { return std::move(code_); }

 private:
  void add(int code, std::uint32_t value, std::uint8_t yes = 0, std::uint8_t no = 0) {
    code_.push_back({static_cast<std::uint16_t>(code), yes, no, value});
  }
  std::vector<sock_filter> code_;
};

bool names_a_socket(const std::vector<std::string>& paths) {
  return std::any_of(paths.begin(), paths.end(), [](const std::string& path) {
    struct stat file = {};
    return ::stat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode);
  });
}

std::vector<int> families(const Sandbox& sandbox, int landlock) {
  std::vector<int> allowed;
  if (sandbox.network) allowed = {AF_INET, AF_INET6, AF_NETLINK};
  if (landlock >= kLandlockSockets || names_a_socket(sandbox.writable)) allowed.push_back(AF_UNIX);
  return allowed;
}

/// Answers one call by its first argument, whose loading costs the call's number.
void judge(Program& program, long call, const std::vector<int>& allowed, int error) {
  program.skip_unless(static_cast<std::uint32_t>(call), 2 + 2 * allowed.size());
  program.load(kFirstArgument);
  for (const int value : allowed) program.answer_if(static_cast<std::uint32_t>(value), kAllow);
  program.answer(refuse_with(error));
}

}  // namespace

std::vector<sock_filter> make_syscall_filter(const Sandbox& sandbox, int landlock) {
  if (kArchitecture == 0) return {};
  Program program;
  program.load(kCallArchitecture);
  program.answer_unless(kArchitecture, SECCOMP_RET_KILL_PROCESS);
  program.load(kCallNumber);
  if (kArchitecture == AUDIT_ARCH_X86_64) program.answer_from(kFirstX32, refuse_with(ENOSYS));
  program.refuse({kRingSetup, SYS_add_key, SYS_request_key, SYS_keyctl}, ENOSYS);
  if (landlock == 0) {
    program.refuse({SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, kTakeDescriptor}, EPERM);
  } else if (landlock < kLandlockTruncate) {
    program.refuse({SYS_truncate}, EACCES);
  }
  judge(program, SYS_prlimit64, {0}, EPERM);  // its own limits: those of others can end them
  judge(program, SYS_socket, families(sandbox, landlock), EACCES);
  program.answer(kAllow);
  return program.take();
}

}  // namespace agentd
