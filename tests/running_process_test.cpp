#include "core/os/running_process.h"

#include <signal.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>

#include "core/os/child_process.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace agentd {
namespace {

using End = ProcessResult::End;

ProcessRequest shell(const std::string& command) {
  ProcessRequest request;
  request.argv = {"/bin/sh", "-c", command};
  request.folder = "/";
  request.env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}};
  return request;
}

/// Remembers all that it hears.
class Ears : public ProcessWatcher {
 public:
  void output(std::string_view bytes) override { hear(output_, bytes); }
  void errors(std::string_view bytes) override { hear(errors_, bytes); }
  void ended(const ProcessResult& result) override {
    const std::lock_guard lock(mutex_);
    result_ = result;
    news_.notify_all();
  }

  /// Once so many bytes have come, or a long time has passed.
  std::string wait_for_output(std::size_t size) {
    std::unique_lock lock(mutex_);
    news_.wait_for(lock, std::chrono::seconds(30), [&] { return output_.size() >= size || result_; });
    return output_;
  }
  ProcessResult wait_for_end() {
    std::unique_lock lock(mutex_);
    news_.wait_for(lock, std::chrono::seconds(30), [&] { return result_.has_value(); });
    return result_.value_or(ProcessResult{End::TimedOut, -1, "it still runs"});
  }
  std::string errors_now() {
    const std::lock_guard lock(mutex_);
    return errors_;
  }

 private:
  void hear(std::string& where, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    where += bytes;
    news_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable news_;
  std::string output_;
  std::string errors_;
  std::optional<ProcessResult> result_;
};

TEST_CASE("a program is talked with line by line, and ends when its stdin does") {
  Ears ears;
  const auto process = ChildProcess().start(
      shell("while read -r line; do echo \"<$line>\"; done; echo bye >&2; exit 3"), ears);
  REQUIRE(process->write("one\n"));
  REQUIRE(ears.wait_for_output(6) == "<one>\n");
  REQUIRE(process->write("two\n"));
  REQUIRE(ears.wait_for_output(12) == "<one>\n<two>\n");
  process->close();
  REQUIRE(ears.wait_for_end() == ProcessResult{End::Exited, 3, ""});
  REQUIRE(ears.errors_now() == "bye\n");
  REQUIRE_FALSE(process->write("three\n"));
}

TEST_CASE("what is queued reaches a program however long it is, before its stdin closes") {
  Ears ears;
  const auto process = ChildProcess().start(shell("wc -c"), ears);
  REQUIRE(process->write(std::string(3'000'000, 'x')));
  REQUIRE(process->write(std::string(3'000'000, 'y')));
  process->close();
  REQUIRE(ears.wait_for_end() == ProcessResult{End::Exited, 0, ""});
  REQUIRE(ears.wait_for_output(1) == "6000000\n");
}

TEST_CASE("a program that reads nothing costs a bounded queue and nobody's time") {
  Ears ears;
  const auto process = ChildProcess().start(shell("sleep 600"), ears);
  const std::string megabyte(1 << 20, 'x');
  int taken = 0;
  while (taken < 200 && process->write(megabyte)) ++taken;
  REQUIRE(taken >= 60);
  REQUIRE(taken < 200);
}

TEST_CASE("a program that closes its stdin is not written to, and no signal comes of it") {
  Ears ears;
  const auto process = ChildProcess().start(shell("exec <&-; echo closed; sleep 600"), ears);
  REQUIRE(ears.wait_for_output(7) == "closed\n");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (process->write("x") && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  REQUIRE_FALSE(process->write("x"));
}

TEST_CASE("a program that ignores the end of its stdin and SIGTERM is killed with its children") {
  TempFolder folder;
  const std::string pids = (folder / "pids").string();
  Ears ears;
  {
    const auto process =
        ChildProcess().start(shell("trap '' TERM; (trap '' TERM; sleep 600) & echo $! $$ > " + pids +
                                   "; echo up; while :; do sleep 600; done"),
                             ears);
    REQUIRE(ears.wait_for_output(3) == "up\n");
  }
  REQUIRE(ears.wait_for_end().end == End::Interrupted);
  std::istringstream ids(folder.read("pids"));
  for (pid_t id = 0; ids >> id;) REQUIRE(::kill(id, 0) != 0);
}

TEST_CASE("a program that cannot be started says so to its watcher") {
  Ears ears;
  ProcessRequest request = shell("");
  request.argv = {"/nowhere/at-all"};
  const auto process = ChildProcess().start(request, ears);
  const ProcessResult result = ears.wait_for_end();
  REQUIRE(result.end == End::NotStarted);
  REQUIRE(result.message == "/nowhere/at-all: cannot start it: No such file or directory");
  REQUIRE_FALSE(process->write("x"));
}

TEST_CASE("a program outlives the thread that asked for it, and its crash is told") {
  Ears ears;
  std::unique_ptr<RunningProcess> process;
  std::thread([&] { process = ChildProcess().start(shell("read x; echo got; kill -SEGV $$"), ears); }).join();
  REQUIRE(process->write("go\n"));
  REQUIRE(ears.wait_for_end() == ProcessResult{End::Signalled, SIGSEGV, ""});
  REQUIRE(ears.wait_for_output(4) == "got\n");
}

TEST_CASE("a program that closes its stdout can answer nothing more and is ended") {
  Ears ears;
  const auto process = ChildProcess().start(shell("exec >&-; sleep 600"), ears);
  REQUIRE(ears.wait_for_end().end == End::Interrupted);
}

}  // namespace
}  // namespace agentd
