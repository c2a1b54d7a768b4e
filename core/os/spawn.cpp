#include "core/os/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <system_error>

#include "core/os/sandbox.h"

// How a group dies with us: a pipe of which this process alone holds both ends. When one end is closed for
// good, the kernel signals whoever the other end names (O_ASYNC): here the group (F_SETOWN), with SIGKILL
// (F_SETSIG). The child arranges that itself, between vfork and exec, while it holds both ends too: if we are
// killed in that very moment, its exec closes them and it kills itself. There is no helper process to be
// killed first. Only if the last two holders close both ends at once is nobody left to be named: that can be
// no later than exec, while the child is alone, and its parent-death signal covers it.

namespace agentd {
namespace {

constexpr unsigned kCloseRangeCloexec = 4;  // since Linux 5.11; older kernels refuse the call

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

Fd checked(int number, const char* what) {
  if (number < 0) fail(errno, what);
  return Fd(number);
}

std::array<Fd, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail(errno, "cannot make a pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

/// A file in memory rather than a pipe: nobody has to feed it, and no SIGPIPE can come of it.
Fd make_input(const std::string& input) {
  if (input.empty()) return checked(::open("/dev/null", O_RDONLY | O_CLOEXEC), "cannot open /dev/null");
  Fd file = checked(::memfd_create("stdin", MFD_CLOEXEC), "cannot hold the input");
  for (std::size_t done = 0; done < input.size();) {
    const ssize_t wrote = ::write(file.get(), input.data() + done, input.size() - done);
    if (wrote < 0 && errno != EINTR) fail(errno, "cannot hold the input");
    if (wrote > 0) done += static_cast<std::size_t>(wrote);
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

/// Ends of what the child has as 0, 1 and 2.
struct Streams {
  std::array<Fd, 3> ours;
  std::array<Fd, 3> theirs;
};

Streams make_streams(const ProcessRequest& request, Stdio stdio) {
  Streams streams;
  const auto take = [&](std::size_t number, Fd ours, Fd theirs) {
    streams.ours[number] = std::move(ours);
    streams.theirs[number] = std::move(theirs);
  };
  std::array<Fd, 2> output = make_pipe();
  take(1, std::move(output[0]), std::move(output[1]));
  if (stdio == Stdio::Collected) {
    take(0, Fd(), make_input(request.input));
    return streams;
  }
  std::array<Fd, 2> input = make_pipe();
  take(0, std::move(input[1]), std::move(input[0]));
  std::array<Fd, 2> errors = make_pipe();
  take(2, std::move(errors[0]), std::move(errors[1]));
  return streams;
}

/// Every file that `name` may mean, in the order of the child's own PATH.
std::vector<std::string> candidates(const std::string& name, const std::map<std::string, std::string>& env) {
  if (name.find('/') != std::string::npos) return {name};
  const auto path = env.find("PATH");
  std::string_view folders =
      path == env.end() ? "/usr/local/bin:/usr/bin:/bin" : std::string_view(path->second);
  std::vector<std::string> found;
  for (;;) {
    const std::size_t end = folders.find(':');
    const std::string_view folder = folders.substr(0, end);
    found.push_back(std::string(folder.empty() ? "." : folder) + "/" + name);
    if (end == std::string_view::npos) return found;
    folders.remove_prefix(end + 1);
  }
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) {
    if (text.find('\0') != std::string::npos) fail(EINVAL, "an argument or variable contains a NUL byte");
    result.push_back(text.data());
  }
  result.push_back(nullptr);
  return result;
}

/// All that the child needs between vfork and exec, where it shares our memory and must not allocate.
struct Launch {
  std::vector<std::string> programs;
  std::vector<char*> argv;
  std::vector<char*> env;
  const char* folder = nullptr;
  pid_t parent = ::getpid();
  int input = -1;
  int output = -1;
  int errors = -1;
  std::array<int, 2> guard = {-1, -1};
  const Confinement* confinement = nullptr;
  const char* volatile failed = nullptr;  ///< what the child could not do
  volatile int error = 0;                 ///< and why
};

[[noreturn]] void give_up(Launch& launch, const char* what, int error) {
  launch.failed = what;
  launch.error = error;
  ::_exit(127);
}

void guard_group(Launch& launch) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != launch.parent) ::_exit(127);
  for (const int fd : launch.guard) {
    if (::fcntl(fd, F_SETSIG, SIGKILL) != 0 || ::fcntl(fd, F_SETOWN, -::getpid()) != 0 ||
        ::fcntl(fd, F_SETFL, O_ASYNC) != 0) {
      give_up(launch, "cannot tie its process group to this process", errno);
    }
  }
}

/// The copies come first: 0, 1 and 2 may be among the descriptors where we were started without them.
void arrange_descriptors(Launch& launch) {
  const int input = ::fcntl(launch.input, F_DUPFD_CLOEXEC, 3);
  const int output = ::fcntl(launch.output, F_DUPFD_CLOEXEC, 3);
  const int errors = ::fcntl(launch.errors, F_DUPFD_CLOEXEC, 3);
  if (::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(errors, 2) < 0) {
    give_up(launch, "cannot connect its input and output", errno);
  }
  ::syscall(SYS_close_range, 3U, ~0U, kCloseRangeCloexec);  // also what others let us inherit
}

void reset_signals() {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// After all that a sandbox would refuse; before its folder is entered, which may be covered.
void confine(Launch& launch) {
  if (launch.confinement == nullptr) return;
  if (const char* problem = launch.confinement->enter()) give_up(launch, problem, errno);
}

[[noreturn]] void become(Launch& launch) {
  ::setsid();  // a group of its own, and no terminal on which a program could wait for an answer
  guard_group(launch);
  arrange_descriptors(launch);
  reset_signals();
  confine(launch);
  if (::chdir(launch.folder) != 0) give_up(launch, "cannot enter its folder", errno);
  int error = ENOENT;
  for (const std::string& program : launch.programs) {
    ::execve(program.c_str(), launch.argv.data(), launch.env.data());
    if (errno != ENOENT && errno != ENOTDIR) error = errno;
    if (error != ENOENT && error != EACCES) break;
  }
  give_up(launch, "cannot start it", error);
}

/// Kept tiny: the child runs on this stack. None of our signal handlers may run in it.
pid_t start(Launch& launch) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::vfork();
  if (pid == 0) become(launch);
  if (pid < 0) launch.error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return pid;
}

}  // namespace

Spawned spawn(const ProcessRequest& request, Stdio stdio) {
  Launch launch;
  launch.programs = candidates(request.argv.at(0), request.env);
  std::vector<std::string> argv = request.argv;
  std::vector<std::string> env;
  for (const auto& [name, value] : request.env) env.push_back(name + "=" + value);
  launch.argv = pointers(argv);
  launch.env = pointers(env);
  launch.folder = request.folder.c_str();
  Streams streams = make_streams(request, stdio);
  std::array<Fd, 2> guard = make_pipe();
  launch.input = streams.theirs[0].get();
  launch.output = streams.theirs[1].get();
  launch.errors = stdio == Stdio::Piped ? streams.theirs[2].get() : launch.output;
  launch.guard = {guard[0].get(), guard[1].get()};
  std::optional<Confinement> confinement;
  if (request.sandbox) launch.confinement = &confinement.emplace(*request.sandbox);

  const pid_t pid = start(launch);
  if (pid < 0) fail(launch.error, "cannot make a process");
  if (launch.failed != nullptr) {
    ::waitpid(pid, nullptr, 0);
    fail(launch.error, request.argv[0] + ": " + launch.failed);
  }
  for (const Fd& end : streams.ours) {
    if (end) ::fcntl(end.get(), F_SETFL, O_NONBLOCK);
  }
  return {pid, std::move(streams.ours[1]), std::move(streams.ours[0]), std::move(streams.ours[2]),
          std::move(guard)};
}

}  // namespace agentd
