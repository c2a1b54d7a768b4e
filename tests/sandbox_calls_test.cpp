#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "core/os/landlock.h"
#include "tests/support/catch.h"
#include "tests/support/sandbox_bench.h"

// What no shell command can try: system calls, made by a process of ours that has entered a sandbox.

namespace agentd {
namespace {

constexpr int kRefused = 99;

/// How `attempt` ended as the last act of a process: its exit status, or 1000 and the signal.
int ending(const std::function<int()>& attempt, const Confinement* confinement) {
  const pid_t pid = fork();
  if (pid == 0) {
    if (confinement != nullptr && confinement->enter() != nullptr) _exit(98);
    _exit(attempt());
  }
  int status = -1;
  waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

int ending_in(const SandboxBench& bench, const std::function<int()>& attempt) {
  const Confinement confinement(bench.plan().sandbox);
  return ending(attempt, &confinement);
}

/// 0: done; kRefused: the kernel said that it may not; else another error.
int verdict(long result) {
  if (result >= 0) return 0;
  return errno == EPERM || errno == EACCES ? kRefused : errno;
}

struct Attempt {
  std::string name;
  std::function<int()> run;
};

/// They work outside, so that a refusal inside means something; for some, one has to be root.
void check_refused(const SandboxBench& bench, const std::vector<Attempt>& attempts) {
  for (const Attempt& attempt : attempts) {
    INFO(attempt.name);
    CHECK(ending(attempt.run, nullptr) == 0);
    CHECK(ending_in(bench, attempt.run) == kRefused);
  }
}

/// A server of each kind on this machine.
struct Servers {
  Servers() {
    sockaddr_in four = {};
    four.sin_family = AF_INET;
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listen_at(tcp, &four, sizeof four, AF_INET, SOCK_STREAM);
    listen_at(udp, &four, sizeof four, AF_INET, SOCK_DGRAM);
    sockaddr_in6 six = {};
    six.sin6_family = AF_INET6;
    six.sin6_addr = in6addr_loopback;
    listen_at(tcp6, &six, sizeof six, AF_INET6, SOCK_STREAM);
    sockaddr_un local = {};
    local.sun_family = AF_UNIX;
    const std::string path = folder / "socket";
    path.copy(local.sun_path, sizeof local.sun_path - 1);
    listen_at(unix, &local, sizeof local, AF_UNIX, SOCK_STREAM);
    sockaddr_un abstract = {};
    abstract.sun_family = AF_UNIX;
    ("agentd" + path).copy(abstract.sun_path + 1, sizeof abstract.sun_path - 2);
    listen_at(hidden, &abstract, sizeof abstract, AF_UNIX, SOCK_STREAM);
  }

  static void listen_at(Fd& server, const void* address, socklen_t size, int family, int type) {
    server = Fd(socket(family, type | SOCK_CLOEXEC, 0));
    if (bind(server.get(), static_cast<const sockaddr*>(address), size) != 0) server.close();
    listen(server.get(), 5);
  }

  /// Connecting to one of them.
  static Attempt to(const std::string& name, const Fd& server, int family, int type) {
    sockaddr_storage address = {};
    socklen_t size = sizeof address;
    getsockname(server.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return {name, [=] {
              const long fd = syscall(SYS_socket, family, type, 0);
              if (fd < 0) return verdict(fd);
              const auto* where = reinterpret_cast<const sockaddr*>(&address);
              if (type == SOCK_DGRAM) return verdict(sendto(static_cast<int>(fd), "x", 1, 0, where, size));
              return verdict(connect(static_cast<int>(fd), where, size));
            }};
  }

  TempFolder folder;
  Fd tcp, udp, tcp6, unix, hidden;
};

TEST_CASE("without the network no socket reaches anything", "[sandbox]") {
  SandboxBench bench;
  bench.network = false;
  if (!bench.support.filter) {
    CHECK(bench.plan().gaps.back() == "reach the network and local services, whatever the task says");
    return;
  }
  const Servers servers;
  std::vector<Attempt> attempts = {Servers::to("tcp", servers.tcp, AF_INET, SOCK_STREAM),
                                   Servers::to("udp", servers.udp, AF_INET, SOCK_DGRAM),
                                   {"netlink", [] { return verdict(socket(AF_NETLINK, SOCK_RAW, 0)); }}};
  if (servers.tcp6) attempts.push_back(Servers::to("tcp6", servers.tcp6, AF_INET6, SOCK_STREAM));
  check_refused(bench, attempts);
  for (const int family : {AF_PACKET, AF_VSOCK, AF_ALG, AF_BLUETOOTH, AF_INET + 0x10000, -1})
    CHECK(ending_in(bench, [=] { return verdict(socket(family, SOCK_DGRAM, 0)); }) == kRefused);
  const auto pair = [] {
    int ends[2];
    return verdict(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
  };
  CHECK(ending_in(bench, pair) == 0);
  CHECK(ending_in(bench, [] { return syscall(425, 8, nullptr) < 0 ? errno : 0; }) ==
        ENOSYS);  // io_uring_setup
}

TEST_CASE("without the network no name is looked up and no inherited socket is left", "[sandbox]") {
  SandboxBench bench;
  bench.network = false;
  if (!bench.support.filter) return;
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  const std::string fd = std::to_string(ends[0]);
  CHECK(bench.run("sh -c 'echo x >&" + fd + "' 2>/dev/null || echo closed") == "closed\n");
  close(ends[0]);
  close(ends[1]);
  CHECK(bench.run("getent ahosts no-such-name.example >/dev/null 2>&1 || echo unknown") == "unknown\n");
  CHECK(bench.run("command -v bash >/dev/null || { echo refused; exit; }; "
                  "bash -c ': >/dev/tcp/127.0.0.1/1' 2>&1 | grep -q 'Permission denied' && echo refused") ==
        "refused\n");
}

TEST_CASE("with the network, sockets of other programs stay closed unless the task names one", "[sandbox]") {
  SandboxBench bench;
  if (!bench.support.filter) return;
  const Servers servers;
  CHECK(ending_in(bench, Servers::to("tcp", servers.tcp, AF_INET, SOCK_STREAM).run) == 0);
  CHECK(ending_in(bench, Servers::to("udp", servers.udp, AF_INET, SOCK_DGRAM).run) == 0);
  check_refused(bench, {Servers::to("unix", servers.unix, AF_UNIX, SOCK_STREAM),
                        Servers::to("abstract", servers.hidden, AF_UNIX, SOCK_STREAM)});
  bench.places.write = {servers.folder / "socket"};
  CHECK(ending_in(bench, Servers::to("unix", servers.unix, AF_UNIX, SOCK_STREAM).run) == 0);
  if (bench.support.landlock >= kLandlockScopes)
    CHECK(ending_in(bench, Servers::to("abstract", servers.hidden, AF_UNIX, SOCK_STREAM).run) == kRefused);
}

#if defined(__x86_64__)
TEST_CASE("the other system calls of a processor are no way around", "[sandbox]") {
  SandboxBench bench;
  bench.network = false;
  if (!bench.support.filter) return;
  const auto by_32_bits = [] {
    long result = 359;  // socket, for 32 bits
    asm volatile("int $0x80" : "+a"(result) : "b"(AF_INET), "c"(SOCK_STREAM), "d"(0) : "memory");
    return result >= 0 ? 0 : 1;
  };
  CHECK(ending_in(bench, by_32_bits) >= 1000);
  CHECK(ending_in(bench, [] {
          return syscall(0x40000000 + SYS_socket, AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
        }) == ENOSYS);
}
#endif

/// A program outside with a secret in its memory, to be attacked.
class Victim {
 public:
  Victim() : pid_(fork()) {
    if (pid_ == 0) {
      prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);  // where only parents may trace
      raise(SIGSTOP);
      for (;;) pause();
    }
    waitpid(pid_, nullptr, WUNTRACED);
    kill(pid_, SIGCONT);
  }
  ~Victim() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

TEST_CASE("no program outside can be traced, read, robbed of descriptors or signalled", "[sandbox]") {
  SandboxBench bench;
  const Victim victim;
  const pid_t pid = victim.pid();
  const std::string proc = "/proc/" + std::to_string(pid) + "/";
  char secret[] = "secret";
  const auto open_of = [proc](const std::string& name, int flags) {
    return Attempt{name, [=] { return verdict(open((proc + name).c_str(), flags)); }};
  };
  std::vector<Attempt> attempts = {
      {"read memory",
       [&] {
         char copy[sizeof secret];
         const iovec here = {copy, sizeof copy};
         const iovec there = {secret, sizeof secret};
         return verdict(process_vm_readv(pid, &here, 1, &there, 1, 0));
       }},
      {"limit",
       [&] {
         const rlimit limit = {100, 100};
         return verdict(prlimit(pid, RLIMIT_NOFILE, &limit, nullptr));
       }},
      {"take a descriptor",
       [&] {
         const long pidfd = syscall(SYS_pidfd_open, pid, 0);
         return verdict(syscall(438, pidfd, 0, 0));
       }},
  };
  if (bench.has_landlock()) {
    for (const Attempt& attempt :
         {open_of("environ", O_RDONLY), open_of("mem", O_RDWR), open_of("maps", O_RDONLY),
          open_of("root/", O_RDONLY), open_of("cwd/", O_RDONLY), open_of("fd/0", O_RDONLY)})
      attempts.push_back(attempt);
  }
  if (bench.support.landlock >= kLandlockScopes) {
    attempts.push_back({"signal", [&] { return verdict(kill(pid, 0)); }});
    attempts.push_back({"signal the parent", [] { return verdict(kill(getppid(), 0)); }});
  }
  attempts.push_back({"trace", [&] {
                        const long result = ptrace(PTRACE_ATTACH, pid, nullptr, nullptr);
                        if (result == 0) waitpid(pid, nullptr, __WALL);
                        return verdict(result);
                      }});
  check_refused(bench, attempts);
  bench.support = sandbox_support(0);
  CHECK(ending_in(bench, attempts.front().run) == kRefused);
  CHECK(ending_in(bench, attempts.back().run) == kRefused);
}

TEST_CASE("root keeps no power over the machine", "[sandbox]") {
  const SandboxBench bench;
  if (geteuid() != 0 || !bench.has_landlock()) return;
  const std::string file = bench.folder / "outside/file";
  const std::string there = bench.places.workspace;
  const auto by_handle = [&] {
    alignas(file_handle) char space[sizeof(file_handle) + MAX_HANDLE_SZ] = {};
    auto* handle = reinterpret_cast<file_handle*>(space);
    handle->handle_bytes = MAX_HANDLE_SZ;
    int mount_id = 0;
    if (name_to_handle_at(AT_FDCWD, file.c_str(), handle, &mount_id, 0) != 0) return kRefused;
    const int disk = open(there.c_str(), O_RDONLY);
    return verdict(open_by_handle_at(disk, handle, O_RDONLY));
  };
  const auto device = [&] {
    return verdict(mknod((there + "/disk").c_str(), S_IFBLK | 0600, makedev(1, 0)));
  };
  CHECK(ending_in(bench, by_handle) == kRefused);
  CHECK(ending_in(bench, device) == kRefused);
  CHECK(ending_in(bench, [&] { return verdict(chroot(there.c_str())); }) == kRefused);
  CHECK(ending_in(bench, [&] {
          return verdict(mount(there.c_str(), there.c_str(), nullptr, MS_BIND, nullptr));
        }) == kRefused);
  CHECK(ending_in(bench, [] { return verdict(open("/etc/shadow", O_RDONLY)); }) == kRefused);
  CHECK(ending_in(bench, [] { return verdict(open("/proc/sys/kernel/core_pattern", O_WRONLY)); }) ==
        kRefused);
  CHECK(ending_in(bench, [] { return verdict(syscall(SYS_sethostname, "x", 1)); }) == kRefused);
}

TEST_CASE("a namespace of its own opens no way out", "[sandbox]") {
  const SandboxBench bench;
  if (!bench.has_landlock()) return;
  const std::string there = bench.places.workspace;
  const std::string outside = bench.folder / "outside";
  const auto attempt = [&] {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return kRefused;
    return verdict(mount(outside.c_str(), there.c_str(), nullptr, MS_BIND, nullptr));
  };
  CHECK(ending_in(bench, attempt) == kRefused);
}

TEST_CASE("programs that are set to run as root gain nothing", "[sandbox]") {
  if (geteuid() != 0) return;
  const TempFolder folder;
  const std::string program = folder / "id";
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  std::filesystem::copy_file("/usr/bin/id", program);
  REQUIRE(chmod(program.c_str(), 04755) == 0);
  const auto run_as_nobody = [&](bool confined) {
    return ending(
        [&] {
          if (setgid(65534) != 0 || setuid(65534) != 0) return 1;
          ProcessRequest request;
          request.argv = {program, "-u"};
          request.folder = "/";
          if (confined) request.sandbox = Sandbox{{}, {folder.path().string(), "/usr", "/etc"}};
          return SandboxBench::output_of(request) == "0\n" ? 42 : 43;
        },
        nullptr);
  };
  if (run_as_nobody(false) != 42) return;  // a file system on which nothing is
  CHECK(run_as_nobody(true) == 43);
}

}  // namespace
}  // namespace agentd
