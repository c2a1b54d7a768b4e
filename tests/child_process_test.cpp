#include "core/os/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>
#include <thread>

#include "core/fd.h"
#include "tests/support/catch.h"
#include "tests/support/fake_stop.h"
#include "tests/support/temp_folder.h"

namespace agentd {
namespace {

using End = ProcessResult::End;

struct Ran {
  ProcessResult result;
  std::string output;
  bool operator==(const Ran&) const = default;
};

ProcessRequest shell(const std::string& command, const std::string& folder = "/") {
  ProcessRequest request;
  request.argv = {"/bin/sh", "-c", command};
  request.folder = folder;
  request.env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}};
  return request;
}

Ran run(const ProcessRequest& request, const Stop& stop = NeverStop()) {
  Ran ran;
  ran.result = ChildProcess().run(
      request, [&](std::string_view bytes) { ran.output += bytes; }, stop);
  return ran;
}

/// A FIFO tells who lives: it ends for its reader once every process that holds it for writing is dead.
class Witness {
 public:
  explicit Witness(const TempFolder& folder) : path_(folder / "witness") {
    REQUIRE(mkfifo(path_.c_str(), 0600) == 0);
    fd_ = Fd(open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }
  const std::string path() const { return path_; }
  /// The next bytes, "" at the end, "…" if nothing has come for a long time.
  std::string read() const {
    pollfd readable = {fd_.get(), POLLIN, 0};
    if (poll(&readable, 1, 20'000) != 1) return "…";
    return read_now();
  }
  std::string read_now() const {
    char buffer[100];
    const ssize_t got = ::read(fd_.get(), buffer, sizeof buffer);
    return got < 0 ? "…" : std::string(buffer, static_cast<std::size_t>(got));
  }

 private:
  std::string path_;
  Fd fd_;
};

TEST_CASE("a program's end and its whole output come back", "[process]") {
  struct Row {
    std::string command;
    Ran expected;
  };
  const Row rows[] = {
      {"echo hello", {{End::Exited, 0, ""}, "hello\n"}},
      {"echo out; echo err >&2; echo out", {{End::Exited, 0, ""}, "out\nerr\nout\n"}},
      {"exit 3", {{End::Exited, 3, ""}, ""}},
      {"kill -9 $$", {{End::Signalled, 9, ""}, ""}},
      {"printf 'a\\000\\377b'", {{End::Exited, 0, ""}, std::string("a\0\377b", 4)}},
      {"exec >&- 2>&-; exit 4", {{End::Exited, 4, ""}, ""}},
      {"cat", {{End::Exited, 0, ""}, ""}},
      {"pwd", {{End::Exited, 0, ""}, "/\n"}},
      {"(sleep 0.02; echo late) & exit 0", {{End::Exited, 0, ""}, "late\n"}},
  };
  for (const Row& row : rows) {
    INFO(row.command);
    CHECK(run(shell(row.command)) == row.expected);
  }
}

TEST_CASE("a hundred megabytes pass through", "[process]") {
  std::size_t size = 0;
  const ProcessRequest request = shell("head -c 100000000 /dev/zero");
  const ProcessResult result = ChildProcess().run(
      request, [&](std::string_view bytes) { size += bytes.size(); }, NeverStop());
  CHECK(result == ProcessResult{End::Exited, 0, ""});
  CHECK(size == 100'000'000);
}

TEST_CASE("the input is all there is on stdin, read or not", "[process]") {
  ProcessRequest request = shell("wc -c");
  request.input = std::string(1'000'000, 'x');
  CHECK(run(request) == Ran{{End::Exited, 0, ""}, "1000000\n"});
  request.argv.back() = "exit 0";
  CHECK(run(request) == Ran{{End::Exited, 0, ""}, ""});
}

TEST_CASE("a child has the given environment, three descriptors and no signal of ours", "[process]") {
  ProcessRequest request = shell("");
  request.argv = {"env"};
  request.env["LAST"] = "a=b c";
  CHECK(run(request).output == "LAST=a=b c\nPATH=/usr/local/bin:/usr/bin:/bin\n");

  const int leaked = dup(0);
  CHECK(run(shell("ls /proc/$$/fd")).output == "0\n1\n2\n");
  close(leaked);

  sigset_t set;
  sigset_t before;
  sigfillset(&set);
  pthread_sigmask(SIG_BLOCK, &set, &before);
  const auto old = signal(SIGPIPE, SIG_IGN);
  const std::string zeros = "\t0000000000000000\n";
  CHECK(run(shell("grep -E 'Sig(Blk|Ign)' /proc/self/status")).output ==
        "SigBlk:" + zeros + "SigIgn:" + zeros);
  signal(SIGPIPE, old);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("a child starts even where we have no stdin, stdout or stderr", "[process]") {
  const pid_t pid = fork();
  if (pid == 0) {
    for (const int fd : {0, 1, 2}) close(fd);
    _exit(run(shell("cat; echo out; echo err >&2")).output == "out\nerr\n" ? 0 : 1);
  }
  int status = -1;
  waitpid(pid, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("what cannot be started says why", "[process]") {
  const TempFolder folder;
  folder.write("plain", "text");
  struct Row {
    std::vector<std::string> argv;
    std::string in;
    ProcessResult expected;
  };
  const std::string plain = folder / "plain";
  const Row rows[] = {
      {{"no-such-program"},
       "/",
       {End::NotStarted, 2, "no-such-program: cannot start it: No such file or directory"}},
      {{plain}, "/", {End::NotStarted, 13, plain + ": cannot start it: Permission denied"}},
      {{"true"},
       "/nowhere",
       {End::NotStarted, 2, "true: cannot enter its folder: No such file or directory"}},
      {{std::string("a\0b", 3)},
       "/",
       {End::NotStarted, 22, "an argument or variable contains a NUL byte: Invalid argument"}},
  };
  for (const Row& row : rows) {
    ProcessRequest request = shell("", row.in);
    request.argv = row.argv;
    CHECK(run(request) == Ran{row.expected, ""});
  }
}

TEST_CASE("when run returns the group is dead, whatever way the leader ended", "[process]") {
  const std::string background = "(trap '' TERM HUP; while :; do sleep 1000; done) & ";
  struct Row {
    std::string then;
    ProcessResult expected;
  };
  const Row rows[] = {
      {"exit 5", {End::Exited, 5, ""}},
      {"kill -9 $$", {End::Signalled, 9, ""}},
      {"wait", {End::TimedOut, 15, ""}},
      {"trap 'exit 7' TERM; wait", {End::TimedOut, 7, ""}},
      {"trap '' TERM; wait", {End::TimedOut, 9, ""}},
      {"kill -STOP $$", {End::TimedOut, 9, ""}},
  };
  for (const Row& row : rows) {
    INFO(row.then);
    const TempFolder folder;
    const Witness witness(folder);
    ProcessRequest request = shell("exec 3>" + witness.path() + "; " + background + row.then);
    request.timeout_ms = row.expected.end == End::TimedOut ? 100 : 20'000;
    CHECK(run(request).result == row.expected);
    CHECK(witness.read_now() == "");
  }
}

TEST_CASE("a program that left the group holds nobody up", "[process]") {
  const TempFolder folder;
  CHECK(run(shell("setsid sh -c 'echo $$ >pid; exec sleep 1000' & while ! [ -s pid ]; do :; done; echo done",
                  folder.path())) == Ran{{End::Exited, 0, ""}, "done\n"});
  kill(std::stoi(folder.read("pid")), SIGKILL);
}

TEST_CASE("a reason to stop ends the group, be it there before or come while it runs", "[process]") {
  const TempFolder folder;
  const Witness witness(folder);
  const ProcessRequest request = shell("exec 3>" + witness.path() + "; echo started >&3; sleep 1000");

  FakeStop stop;
  std::thread stopper([&] {
    witness.read();
    stop.signal();
  });
  CHECK(run(request, stop) == Ran{{End::Interrupted, 15, ""}, ""});
  stopper.join();
  CHECK(witness.read_now() == "");

  CHECK(run(request, stop) == Ran{{End::Interrupted, 0, ""}, ""});
  FakeStop deadline;
  deadline.set_time_left_ms(50);
  CHECK(run(request, deadline) == Ran{{End::Interrupted, 15, ""}, ""});
}

TEST_CASE("a program is given the time that it needs for its way out", "[process]") {
  const TempFolder folder;
  const Witness witness(folder);
  ProcessRequest request =
      shell("exec 3>" + witness.path() +
            "; sleep 1000 & trap 'sleep 1; echo bye; exit 7' TERM; echo started >&3; wait");
  request.grace_ms = 60'000;
  FakeStop stop;
  std::thread stopper([&] {
    witness.read();
    stop.signal();
  });
  CHECK(run(request, stop) == Ran{{End::Interrupted, 7, ""}, "bye\n"});
  stopper.join();
}

TEST_CASE("an output that cannot be taken ends the group", "[process]") {
  const TempFolder folder;
  const Witness witness(folder);
  const ProcessRequest request = shell("exec 3>" + witness.path() + "; echo full; sleep 1000");
  const auto refuse = [](std::string_view) { throw std::runtime_error("full"); };
  CHECK_THROWS_AS(ChildProcess().run(request, refuse, NeverStop()), std::runtime_error);
  CHECK(witness.read_now() == "");
}

TEST_CASE("two children that wait for each other both end", "[process]") {
  const TempFolder folder;
  REQUIRE(mkfifo((folder / "there").c_str(), 0600) == 0);
  REQUIRE(mkfifo((folder / "back").c_str(), 0600) == 0);
  Ran first;
  std::thread thread([&] { first = run(shell("echo ping >there; cat back", folder.path())); });
  CHECK(run(shell("cat there; echo pong >back", folder.path())) == Ran{{End::Exited, 0, ""}, "ping\n"});
  thread.join();
  CHECK(first == Ran{{End::Exited, 0, ""}, "pong\n"});
}

/// Runs in a process of its own what is to be killed.
pid_t in_a_process(const std::function<void()>& work) {
  const pid_t pid = fork();
  if (pid == 0) {
    work();
    _exit(0);
  }
  return pid;
}

TEST_CASE("a killed process takes its children's children along, whichever thread started them",
          "[process]") {
  const TempFolder folder;
  const Witness witness(folder);
  const pid_t agent = in_a_process([&] {
    std::thread([&] {
      run(shell("exec 3>" + witness.path() + "; (echo alive >&3; sleep 1000) & wait"));
    }).join();
  });
  CHECK(witness.read() == "alive\n");
  CHECK(kill(agent, SIGKILL) == 0);
  CHECK(witness.read() == "");
  waitpid(agent, nullptr, 0);
}

class Deaf : public ProcessWatcher {
 public:
  void output(std::string_view) override {}
  void errors(std::string_view) override {}
  void ended(const ProcessResult&) override {}
};

TEST_CASE("a killed process takes the programs that it talks with along", "[process]") {
  const TempFolder folder;
  const Witness witness(folder);
  const pid_t agent = in_a_process([&] {
    Deaf deaf;
    const auto process = ChildProcess().start(
        shell("trap '' HUP TERM; exec 3>" + witness.path() + "; (echo alive >&3; sleep 1000) & wait"), deaf);
    for (;;) pause();
  });
  CHECK(witness.read() == "alive\n");
  CHECK(kill(agent, SIGKILL) == 0);
  CHECK(witness.read() == "");
  waitpid(agent, nullptr, 0);
}

TEST_CASE("no instant of being killed leaves a child behind", "[process]") {
  for (int delay = 0; delay < 60; ++delay) {
    INFO(delay);
    const TempFolder folder;
    const Witness witness(folder);
    Fd held(open(witness.path().c_str(), O_WRONLY));  // so that there is no end before the agent is dead
    const pid_t agent = in_a_process([&] {
      for (;;) run(shell("exec 3>" + witness.path() + "; (trap '' TERM; sleep 1000) & :"));
    });
    usleep(static_cast<useconds_t>(delay * 100));  // no waiting for anything: another instant each time
    kill(agent, SIGKILL);
    waitpid(agent, nullptr, 0);
    held.close();
    CHECK(witness.read() == "");
  }
}

}  // namespace
}  // namespace agentd
