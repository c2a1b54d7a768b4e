#include "core/os/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <functional>

#include "core/os/landlock.h"
#include "tests/support/catch.h"
#include "tests/support/sandbox_bench.h"

// Each escape is shown to work without the sandbox first: it proves nothing otherwise. Where the kernel has
// no Landlock, what is promised is that we say so.

namespace agentd {
namespace {

/// Whether the command read a secret or changed anything outside of the workspace.
bool escapes(const SandboxBench& bench, const std::function<std::string()>& run) {
  const auto before = bench.rest();
  const std::string output = run();
  INFO(output);
  return output.find(kSecretText) != std::string::npos || bench.rest() != before;
}

void check_held(const std::string& command, int landlock = Sandbox().landlock) {
  INFO(command);
  SandboxBench bench;
  bench.support = sandbox_support(landlock);
  if (bench.has_landlock())
    CHECK(!escapes(bench, [&] { return bench.run(command); }));
  else
    CHECK(bench.plan().gaps.front() == "read and write all files of this user");
}

void check_escapes(const std::vector<std::string>& commands) {
  for (const std::string& command : commands) {
    INFO(command);
    const SandboxBench bench;
    CHECK(escapes(bench, [&] { return bench.run_freely(command); }));
    check_held(command);
  }
}

const std::vector<std::string> kReads = {
    "cat ~/.ssh/id",
    "cat ~/.aws/credentials",
    "cat $HOME/notes",
    "cat $ROOT/memory/runs/mine/journal.db",
    "cat ../journal.db",
    "cat ../../other/journal.db",
    "cat $ROOT/memory/runs/other/workspace/draft",
    "cat $ROOT/memory/cache.db",
    "ls $ROOT/memory/runs/other && cat $ROOT/outside/file",
    "ln -s $ROOT/outside/file link && cat link",
    "ln -s $ROOT/outside link && cat link/file",
    "cat /proc/self/root$ROOT/outside/file",
    "cat /proc/self/cwd/../../../../outside/file",
    "cd $ROOT/outside && cat file",
    "cat /proc/$PPID/root$ROOT/outside/file",
    "exec 3<$ROOT/outside/file && cat <&3",
    "cp $ROOT/outside/file . && cat file",
    "tar cf - $ROOT/outside 2>&1",
    "dd if=$ROOT/outside/file status=none",
    "ln $ROOT/outside/file hard && cat hard",
    "mv $ROOT/outside/file . && cat file",
    ". $ROOT/outside/file",
};

const std::vector<std::string> kWrites = {
    "echo x >$ROOT/outside/new",
    "echo x >>$ROOT/outside/file",
    "echo x >../new",
    "echo x >../inbox",
    ": >$ROOT/outside/file",
    "truncate -s 0 $ROOT/outside/file",
    "ln -s $ROOT/outside link; echo x >link/new",
    "echo x >/proc/self/root$ROOT/outside/new",
    "echo x >/proc/$PPID/root$ROOT/outside/new",
    "rm $ROOT/outside/file",
    "rm -rf $ROOT/home",
    "mkdir $ROOT/outside/folder",
    "ln -s / $ROOT/outside/link",
    "ln own $ROOT/outside/hard",
    "mv own $ROOT/outside/",
    "mv $ROOT/outside $ROOT/moved",
    "mv ../../other .",
    "mv ../journal.db ../gone",
    "mkfifo $ROOT/outside/fifo",
    "cp own $ROOT/home/.ssh/authorized_keys",
    "touch $ROOT/home/.profile",
};

TEST_CASE("no command reads what lies outside of its sandbox", "[sandbox]") {
  check_escapes(kReads);
}

TEST_CASE("no command changes what lies outside of its sandbox", "[sandbox]") {
  check_escapes(kWrites);
}

TEST_CASE("every older form of Landlock keeps files closed too", "[sandbox]") {
  for (const int version : {1, 2, 3, 4, 5, 6}) {
    INFO(version);
    for (const std::size_t read : {0, 4, 9, 19}) check_held(kReads[read], version);
    for (const std::size_t write : {1, 5, 15}) check_held(kWrites[write], version);
  }
}

TEST_CASE("in its sandbox a command works as it would outside", "[sandbox]") {
  struct Row {
    std::string command;
    std::string expected;
  };
  const Row rows[] = {
      {"cat own; echo x >new && cat new && rm new", "ownx\n"},
      {"mkdir -p a/b && mv own a/b/ && cat a/b/own && mv a/b/own . && rm -r a", "own"},
      {"ln own hard && ln -s own soft && cat hard soft && rm hard soft", "ownown"},
      {"printf '#!/bin/sh\\necho run' >script && chmod +x script && ./script", "run\n"},
      {"mkfifo fifo && (echo a >fifo & cat fifo)", "a\n"},
      {"f=$(mktemp) && echo b >$f && cat $f && mv $f moved && rm moved", "b\n"},
      {"d=$(mktemp -d) && touch $d/x && ls $d && rm -r $d", "x\n"},
      {"seq 100000 | sort -rn -S 64k | head -1", "100000\n"},
      {"echo c | cat /dev/stdin && echo d >/dev/stdout", "c\nd\n"},
      {"cat <<X\nhere\nX", "here\n"},
      {"command -v bash >/dev/null || { echo 2; exit; }; bash -c 'cat <(echo 1; echo 2) | tail -1'", "2\n"},
      {"head -c 4 /dev/urandom | wc -c; cat /dev/null; echo x >/dev/null", "4\n"},
      {"cd ~ && cd - >/dev/null && pwd | tail -c 10", "workspace\n"},
      {"echo x >\"$XDG_CACHE_HOME/x\" && cat \"$XDG_CACHE_HOME/x\"", "x\n"},
      {"grep -c . /proc/self/status >/dev/null && echo proc", "proc\n"},
      {"sleep 1000 & kill $! && echo killed", "killed\n"},
      {"ulimit -c; ls /etc >/dev/null && echo etc", "0\netc\n"},
  };
  const SandboxBench bench;
  for (const Row& row : rows) {
    INFO(row.command);
    CHECK(bench.run(row.command) == row.expected);
  }
}

TEST_CASE("no program takes more memory or writes a larger file than the task allows", "[sandbox]") {
  const std::string hoard = "x=$(head -c 100000000 /dev/zero | tr '\\0' x) && echo ${#x}";
  const std::string flood = "head -c 3000000 /dev/zero >big; ls -s big | cut -d' ' -f1; rm big";
  SandboxBench bench;
  CHECK(bench.run(hoard) == "100000000\n");
  CHECK(std::stoi(bench.run(flood)) > 2048);
  bench.memory_mb = 60;
  bench.file_mb = 2;
  CHECK(bench.run(hoard).find("100000000") == std::string::npos);
  CHECK(bench.run(flood).ends_with("2048\n"));
  CHECK(bench.run("echo fine") == "fine\n");
}

TEST_CASE("a program outlives its command in the sandbox alone", "[sandbox]") {
  const SandboxBench bench;
  if (!bench.has_landlock()) return;
  const std::string there = bench.places.workspace.string() + "/";
  for (const char* name : {"go", "news"}) REQUIRE(mkfifo((there + name).c_str(), 0600) == 0);
  const Fd go(open((there + "go").c_str(), O_RDWR | O_CLOEXEC));
  const Fd news(open((there + "news").c_str(), O_RDWR | O_CLOEXEC));
  CHECK(bench.run("setsid sh -c ': >ready; read x <go; (cat ~/.ssh/id || echo refused) >news 2>/dev/null' &"
                  "while ! [ -e ready ]; do :; done; echo left") == "left\n");
  REQUIRE(write(go.get(), "go\n", 3) == 3);
  pollfd told = {news.get(), POLLIN, 0};
  REQUIRE(poll(&told, 1, 20'000) == 1);
  char text[100];
  const ssize_t got = read(news.get(), text, sizeof text);
  CHECK(std::string(text, static_cast<std::size_t>(std::max<ssize_t>(got, 0))) == "refused\n");
}

TEST_CASE("programs that multiply end with their command", "[sandbox]") {
  const SandboxBench bench;
  ProcessRequest bomb = bench.request(
      "f() { [ $1 -gt 6 ] || { f $(($1 + 1)) & f $(($1 + 1)) & }; echo x; sleep 1000; }; f 0 | cat");
  bomb.sandbox = bench.plan().sandbox;
  bomb.timeout_ms = 200;
  const ProcessResult result = ChildProcess().run(
      bomb, [](std::string_view) {}, NeverStop());
  CHECK(result.end == ProcessResult::End::TimedOut);
}

TEST_CASE("a sandbox that cannot be made starts nothing", "[sandbox]") {
  const SandboxBench bench;
  ProcessRequest request = bench.request("echo started");
  request.sandbox = Sandbox();
  request.sandbox->covers = {{bench.folder / "outside", bench.folder / "nowhere"}};
  CHECK(SandboxBench::output_of(request).find("started") == std::string::npos);
}

TEST_CASE("an older kernel's gaps are named", "[sandbox]") {
  const SandboxSupport now = sandbox_support();
  const SandboxSupport none = sandbox_support(0);
  CHECK(none.landlock == 0);
  CHECK(none.gaps.front() == "read and write all files of this user");
  CHECK(gaps_sentence({}) == "");
  CHECK(gaps_sentence({"a", "b", "c"}) ==
        "the sandbox is not whole here: programs that tools start can a, b and c");
  if (now.landlock < kLandlockScopes || !now.filter) return;
  using Gaps = std::vector<std::string>;
  CHECK(now.gaps == Gaps{});
  CHECK(sandbox_support(5).gaps == Gaps{"send signals to other programs of this user"});
  CHECK(sandbox_support(2).gaps ==
        Gaps{"empty files that they may only read", "send signals to other programs of this user"});
}

}  // namespace
}  // namespace agentd
