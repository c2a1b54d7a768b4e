#include <sys/stat.h>

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/support/sandbox_bench.h"
#include "tools/readable.h"
#include "tools/sandbox.h"
#include "tools/tools.h"
#include "tools/worktree.h"

namespace agentd {
namespace {

namespace fs = std::filesystem;

bool has(const std::vector<std::string>& paths, const fs::path& path) {
  return std::find(paths.begin(), paths.end(), path.string()) != paths.end();
}

/// As a kernel that can do all would have it, but for covers.
SandboxSupport full_support() {
  return {7, true, false, {}};
}

TEST_CASE("the workspace is writable, the system readable, the rest closed", "[sandbox]") {
  SandboxBench bench;
  bench.support = full_support();
  const SandboxPlan plan = bench.plan();
  CHECK(has(plan.sandbox.writable, bench.places.workspace));
  CHECK(has(plan.sandbox.writable, "/dev/null"));
  CHECK(has(plan.sandbox.readable, "/usr"));
  CHECK(plan.sandbox.covers.empty());
  CHECK(plan.gaps.empty());
  CHECK(plan.is_firm);
  for (const std::string& path : plan.sandbox.writable) {
    CHECK_FALSE(is_within(bench.places.memory, path));
    CHECK_FALSE(is_within(bench.folder / "home", path));
  }
}

TEST_CASE("programs keep caches and temporary files in the run's folder where others must not see them",
          "[sandbox]") {
  SandboxBench bench;
  const SandboxPlan plan = bench.plan();
  CHECK(plan.environment.at("TMPDIR") == bench.places.scratch.string() + "/open/tmp");
  CHECK(plan.environment.at("XDG_CACHE_HOME") == bench.places.scratch.string() + "/open/cache");
  CHECK(fs::is_directory(bench.places.scratch / "open/tmp"));
  CHECK_FALSE(has(plan.sandbox.writable, "/tmp"));
}

TEST_CASE("a memory directory in the workspace is covered, or told as a gap", "[sandbox]") {
  SandboxBench bench;
  bench.places.workspace = bench.folder.path();
  const std::string steal = "cat memory/runs/other/journal.db memory/cache.db home/.ssh/id";
  bench.support = full_support();
  const SandboxPlan open = bench.plan();
  CHECK_FALSE(open.is_firm);
  CHECK(has(open.gaps,
            "read and change " + bench.places.memory.string() + ", which lies in what they may write to"));

  bench.support = sandbox_support();
  if (!bench.support.covers || !bench.has_landlock()) return;
  const SandboxPlan covered = bench.plan();
  CHECK(covered.is_firm == bench.support.filter);
  CHECK(covered.gaps == bench.support.gaps);
  CHECK_FALSE(bench.run_freely(steal).find(kSecretText) == std::string::npos);
  CHECK(bench.run(steal).find(kSecretText) == std::string::npos);
  CHECK(bench.run("echo new >top && cat top && cat outside/file") == std::string("new\n") + kSecretText);
  CHECK(bench.run("rm -rf memory home/.ssh 2>/dev/null; echo x >memory/x; ls memory") == "x\n");
  CHECK(bench.run("echo y >$XDG_CACHE_HOME/y; cat $XDG_CACHE_HOME/y; f=$(mktemp) && echo made") ==
        "y\nmade\n");
  CHECK(bench.folder.read("memory/runs/other/journal.db") == kSecretText);
  CHECK(bench.folder.read("home/.ssh/id") == kSecretText);
}

TEST_CASE("what is covered cannot be moved out of its cover", "[sandbox]") {
  SandboxBench bench;
  if (!bench.support.covers || !bench.has_landlock()) return;
  fs::create_directory(bench.folder / "home/.config");
  bench.folder.write("home/.config/gh/hosts", kSecretText);
  fs::rename(bench.folder / "memory", bench.folder / "home/memory");
  bench.places.workspace = bench.folder.path();
  bench.places.memory = bench.folder / "home/memory";
  bench.places.scratch = bench.places.memory / "runs/mine/scratch";
  CHECK(bench
            .run("mv home away || mv home/memory away || mv home/.config away || mv home/.ssh away; "
                 "ls -d away; echo new >home/file; mv home/file file; cat file")
            .ends_with("new\n"));
  CHECK(bench.run("cat */memory/cache.db */.config/gh/hosts */.ssh/id memory/cache.db").find(kSecretText) ==
        std::string::npos);
  ProcessRequest inside = bench.request("cat memory/cache.db .ssh/id; cat notes");
  inside.sandbox = bench.plan().sandbox;
  inside.folder = bench.folder / "home";
  const std::string output = SandboxBench::output_of(inside);
  CHECK(output.find(kSecretText) == output.size() - std::string(kSecretText).size());
}

TEST_CASE("what the task names may be read and written, whatever it is", "[sandbox]") {
  SandboxBench bench;
  if (!bench.has_landlock()) return;
  bench.places.read = {bench.folder / "home/.aws", bench.folder / "outside", bench.folder / "nowhere"};
  bench.places.write = {bench.folder / "home/notes"};
  CHECK(bench.run("cat ~/.aws/credentials") == kSecretText);
  CHECK(bench.run("cat $ROOT/outside/file") == kSecretText);
  CHECK(bench.run("echo x >$ROOT/outside/file").find("ermission denied") != std::string::npos);
  CHECK(bench.run("echo more >>~/notes; cat ~/notes") == std::string(kSecretText) + "more\n");
  CHECK(bench.run("cat ~/.ssh/id").find(kSecretText) == std::string::npos);
}

TEST_CASE("a named folder is readable but for the memory directory and the secrets in it", "[sandbox]") {
  SandboxBench bench;
  if (!bench.has_landlock()) return;
  bench.places.read = {bench.folder.path()};
  CHECK(bench.run("cat $ROOT/outside/file") == kSecretText);
  CHECK(bench.run("cat ~/notes") == kSecretText);
  for (const char* file :
       {"home/.ssh/id", "home/.aws/credentials", "memory/cache.db", "memory/runs/mine/journal.db"}) {
    INFO(file);
    CHECK(bench.run(std::string("cat $ROOT/") + file).find(kSecretText) == std::string::npos);
  }
}

TEST_CASE("programs of PATH work with what is installed beside them", "[sandbox]") {
  SandboxBench bench;
  if (!bench.has_landlock()) return;
  bench.folder.write("home/.tool/lib/data", "data");
  bench.folder.write("home/.tool/credentials", "other");
  bench.folder.write("home/.cargo/credentials.toml", kSecretText);
  bench.folder.write("home/.cargo/registry/x", "registry");
  for (const char* program : {"home/.tool/bin/tool", "home/bin/mine", "home/.cargo/bin/cargo"}) {
    bench.folder.write(program, "#!/bin/sh\ncat $(dirname $0)/../lib/data 2>/dev/null; echo ran");
    fs::permissions(bench.folder / program, fs::perms(0755));
  }
  std::string& path = bench.places.environment["PATH"];
  const std::string home = bench.folder / "home";
  path = home + "/.tool/bin:" + home + "/bin:" + home + "/.cargo/bin:relative:" + path;
  CHECK(bench.run("tool") == "dataran\n");
  CHECK(bench.run("mine") == "ran\n");
  CHECK(bench.run("cargo; cat ~/.cargo/registry/x") == "ran\nregistry");
  CHECK(bench.run("cat ~/.cargo/credentials.toml ~/notes").find(kSecretText) == std::string::npos);
}

TEST_CASE("a link laid by a command opens nothing for the next", "[sandbox]") {
  SandboxBench bench;
  if (!bench.has_landlock()) return;
  const fs::path work = bench.places.workspace;
  bench.places.environment["PATH"] += ":" + (work / "bin").string();
  bench.places.environment["SSL_CERT_FILE"] = work / "certificates";
  bench.places.read = {work / "read"};
  bench.places.write = {work / "write"};
  const SandboxPlan before = bench.plan();
  for (const char* name : {"bin", "certificates", "read", "write"})
    fs::create_symlink(bench.folder / "home", work / name);
  fs::remove_all(bench.places.scratch / "open/tmp");
  fs::create_symlink(bench.folder / "home", bench.places.scratch / "open/tmp");
  CHECK(
      bench.run("cat bin/notes certificates/notes read/notes write/notes $TMPDIR/notes").find(kSecretText) ==
      std::string::npos);
  CHECK(bench.run("echo x >write/new; echo x >$TMPDIR/new; ls $ROOT/home/new").find("new\n") ==
        std::string::npos);
  CHECK_FALSE(fs::exists(bench.folder / "home/new"));

  const fs::path named = bench.folder / "named";
  fs::create_symlink(bench.folder / "home", named);
  ProcessRequest request = bench.request("cat $ROOT/home/notes");
  request.sandbox = before.sandbox;
  request.sandbox->writable.push_back(named);
  request.sandbox->readable.push_back(named);
  CHECK(SandboxBench::output_of(request).find(kSecretText) == std::string::npos);
}

TEST_CASE("no key, token or agent's socket of ours reaches a command", "[sandbox]") {
  std::vector<std::string> variables = {"PATH=/usr/bin:/bin"};
  for (const char* name :
       {"ANTHROPIC_API_KEY", "OPENAI_API_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_LAMBDA_RUNTIME_API", "GITHUB_TOKEN",
        "GH_TOKEN", "NPM_TOKEN", "SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS", "DOCKER_HOST", "KUBECONFIG",
        "DATABASE_URL", "LD_PRELOAD", "BASH_ENV", "path"}) {
    variables.push_back(std::string(name) + "=" + kSecretText);
  }
  std::vector<const char*> environment;
  for (const std::string& variable : variables) environment.push_back(variable.c_str());
  environment.push_back(nullptr);
  SandboxBench bench;
  bench.places.environment = tool_environment(environment.data());
  const std::string seen = bench.run("env");
  CHECK(seen.find(kSecretText) == std::string::npos);
  CHECK(seen.find("PATH=/usr/bin:/bin\n") != std::string::npos);
}

TEST_CASE("git works in a worktree, and its word is checked", "[sandbox]") {
  const TempFolder folder;
  const auto worktree = [&](const std::string& knows) {
    folder.write("work/.git", "gitdir: " + (folder / "repository/.git/worktrees/work").string() + "\n");
    folder.write("repository/.git/worktrees/work/gitdir", knows + "\n");
    return worktree_of(folder / "work");
  };
  const fs::path repository = folder / "repository/.git";
  const Worktree good = worktree(folder / "work/.git");
  CHECK(good.readable == std::vector<fs::path>{repository});
  CHECK(good.writable == std::vector<fs::path>{repository / "worktrees/work", repository / "objects",
                                               repository / "refs", repository / "logs"});
  CHECK(worktree(folder / "elsewhere/.git").writable.empty());
  folder.write("work/.git", "gitdir: " + (folder / "home/.ssh").string() + "\n");
  CHECK(worktree_of(folder / "work").writable.empty());
  fs::remove(folder / "work/.git");
  CHECK(worktree_of(folder / "work").writable.empty());
  REQUIRE(mkfifo((folder / "work/.git").c_str(), 0600) == 0);
  CHECK(worktree_of(folder / "work").writable.empty());
}

TEST_CASE("a machine that cannot close files or the network is not firm", "[sandbox]") {
  SandboxBench bench;
  bench.support = {0, true, false, {"read all"}};
  CHECK_FALSE(bench.plan().is_firm);
  CHECK(bench.plan().gaps == std::vector<std::string>{"read all"});
  bench.support = {7, false, false, {}};
  CHECK_FALSE(bench.plan().is_firm);
}

}  // namespace
}  // namespace agentd
