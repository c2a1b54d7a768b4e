#include "tools/workspace.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "core/text.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace agentd {
namespace {

namespace fs = std::filesystem;
using Resolve = Workspace::Resolve;

/// A workspace with every trap, beside a folder that must stay as it is.
struct Trapped {
  Trapped() {
    folder.write("outside/secret", "secret");
    folder.write("in/a/file", "content");
    fs::create_symlink("../outside/secret", in / "link_out");
    fs::create_symlink(folder / "outside/secret", in / "link_absolute");
    fs::create_symlink("../outside", in / "folder_out");
    fs::create_symlink("../../outside", in / "a" / "folder_out");
    fs::create_symlink("../outside/new", in / "dangling_out");
    fs::create_symlink("loop", in / "loop");
    fs::create_symlink("/proc/self/cwd", in / "magic");
    fs::create_symlink("a/file", in / "link_in");
    fs::create_symlink("a", in / "folder_in");
    fs::create_symlink("a/new", in / "dangling_in");
    mkfifo((in / "fifo").c_str(), 0600);
  }
  std::string outside() const {
    std::string all;
    for (const auto& entry : fs::directory_iterator(folder / "outside"))
      all += entry.path().filename().string();
    return all + ":" + folder.read("outside/secret");
  }

  TempFolder folder;
  fs::path in = folder / "in";
};

std::string read(const Opened& opened) {
  if (!opened.fd) return opened.problem;
  char buffer[100];
  const ssize_t got = ::read(opened.fd.get(), buffer, sizeof buffer);
  return {buffer, static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

std::string outside(const std::string& path) {
  return "'" + path + "' leads out of the workspace; only what lies beneath it can be used.";
}
std::string missing(const std::string& path) {
  return "There is no '" + path + "' in the workspace.";
}
std::string no_file(const std::string& path) {
  return "'" + path + "' is not a regular file.";
}

TEST_CASE("a path with a zero byte names no file", "[tools]") {
  const Trapped trapped;
  for (const Resolve resolve : {Resolve::ByKernel, Resolve::ByHand}) {
    const Workspace workspace(trapped.in, resolve);
    for (const std::string& path :
         {std::string("a/file\0", 7), std::string("a/file\0.txt", 11), std::string("a\0b/file", 8)}) {
      CHECK(workspace.replace_file(path, "overwritten", "tag") != "");
      CHECK_FALSE(workspace.open_file(path).fd);
      CHECK_FALSE(workspace.open_folder(path).fd);
    }
  }
  CHECK(trapped.folder.read("in/a/file") == "content");
}

TEST_CASE("a guarded file is neither opened nor replaced, by any name", "[workspace]") {
  const TempFolder folder;
  folder.write("run/journal.db", "data");
  folder.write("run/other", "content");
  std::filesystem::create_hard_link(folder / "run/journal.db", folder / "alias");
  std::filesystem::create_symlink("run/journal.db", folder / "link");
  const Workspace workspace(folder.path(), [](const struct stat& file) { return file.st_size == 4; });
  for (const char* name : {"run/journal.db", "alias", "link"}) {
    CHECK_THAT(workspace.open_file(name).problem, ContainsSubstring("the journal of a run"));
    CHECK_THAT(workspace.replace_file(name, "new", "tag"), ContainsSubstring("the journal of a run"));
  }
  CHECK(folder.read("run/journal.db") == "data");
  CHECK(workspace.open_file("run/other").fd);
  CHECK(workspace.replace_file("run/other", "new", "tag").empty());
}

TEST_CASE("no path leads out of the workspace, be it to read or to write", "[workspace]") {
  const Trapped trapped;
  const std::string root = trapped.in;
  for (const Resolve resolve : {Resolve::ByKernel, Resolve::ByHand}) {
    const Workspace workspace(trapped.in, resolve);
    for (const std::string path :
         {"../outside/secret", "a/../../outside/secret", "/etc/passwd", "/", "..", "a/../..",
          "folder_out/secret", "a/folder_out/secret", "link_out", "link_absolute", "loop", "magic/etc/passwd",
          "/proc/self/fd/0", "/proc/self/root/etc/passwd"}) {
      INFO(path);
      CHECK(read(workspace.open_file(path)) == outside(path));
      const std::string problem = workspace.replace_file(path, "harm", "key");
      CHECK((problem == outside(path) || problem == no_file(path)));
    }
    for (const std::string& path :
         {root + "/../outside/secret", root + "x/secret", std::string("dangling_out"),
          std::string("folder_out/new/deep"), std::string("magic/new")}) {
      INFO(path);
      CHECK(read(workspace.open_file(path)) != "secret");
      CHECK(workspace.replace_file(path, "harm", "key") == outside(path));
    }
    for (const std::string path : {"..", "/", "folder_out", "a/folder_out", "magic"}) {
      CHECK(workspace.open_folder(path).problem == outside(path));
    }
  }
  CHECK(trapped.outside() == "secret:secret");
}

TEST_CASE("every name of a file in the workspace finds it", "[workspace]") {
  const Trapped trapped;
  const std::string root = trapped.in;
  const Workspace workspace(root);
  for (const std::string path :
       {"a/file", "./a/file", ".//a//file", "a/../a/file", "link_in", "folder_in/file"}) {
    INFO(path);
    CHECK(read(workspace.open_file(path)) == "content");
    CHECK(read(workspace.open_file(root + "/" + path)) == "content");
    CHECK(read(Workspace(root + "/").open_file(root + "//" + path)) == "content");
  }
  CHECK(read(Workspace(root, Resolve::ByHand).open_file(root + "/a/./file")) == "content");
  for (const std::string path : {"", ".", "a/..", "a/", "folder_in"}) CHECK(workspace.open_folder(path).fd);
  CHECK(workspace.open_folder(root).fd);
  CHECK(read(Workspace("/").open_file(root + "/a/file")) == "content");
}

TEST_CASE("only regular files are opened, without waiting for the others", "[workspace]") {
  const Trapped trapped;
  for (const Resolve resolve : {Resolve::ByKernel, Resolve::ByHand}) {
    const Workspace workspace(trapped.in, resolve);
    for (const std::string path : {"fifo", "a", "."}) {
      CHECK(workspace.open_file(path).problem == no_file(path));
      CHECK(workspace.replace_file(path, "x", "key") == no_file(path));
    }
    CHECK(workspace.open_file("nothing").problem == missing("nothing"));
    CHECK(workspace.open_folder("a/file").problem == "'a/file' is not a folder.");
    CHECK(workspace.open_folder("fifo").problem == "'fifo' is not a folder.");
    const std::string nul("a\0b", 3);
    CHECK(workspace.open_file(nul).problem == "'" + nul + "' cannot be used: Invalid argument.");
    const std::string name(300, 'n');
    CHECK(workspace.replace_file(name, "x", "key") == "'" + name + "' cannot be used: File name too long.");
  }
  CHECK(Workspace("/nowhere/at/all").open_file("x").problem ==
        "The workspace cannot be used: /nowhere/at/all: No such file or directory.");
}

TEST_CASE("a file is replaced whole, with its mode, through links that stay inside", "[workspace]") {
  const Trapped trapped;
  const Workspace workspace(trapped.in);
  fs::permissions(trapped.in / "a/file", fs::perms(0751));
  CHECK(workspace.replace_file("link_in", "new", "key") == "");
  CHECK(trapped.folder.read("in/a/file") == "new");
  CHECK(fs::is_symlink(trapped.in / "link_in"));
  CHECK(fs::status(trapped.in / "a/file").permissions() == fs::perms(0751));

  CHECK(workspace.replace_file("dangling_in", "fresh", "key") == "");
  CHECK(trapped.folder.read("in/a/new") == "fresh");
  CHECK(workspace.replace_file("x/y/../z//deep", "deep", "key") == "");
  CHECK(trapped.folder.read("in/x/z/deep") == "deep");
  CHECK(workspace.replace_file((trapped.in / "a/file/below").string(), "x", "key") ==
        "'" + (trapped.in / "a/file/below").string() + "' cannot be used: Not a directory.");
}

TEST_CASE("what an attempt that died has left behind is no obstacle and does not stay", "[workspace]") {
  const TempFolder folder;
  const Workspace workspace(folder.path());
  folder.write(".agentd-" + hash_hex("key") + ".tmp", "half");
  CHECK(workspace.replace_file("file", "new", "key") == "");
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder.path())) names.push_back(entry.path().filename());
  CHECK(names == std::vector<std::string>{"file"});
  CHECK(folder.read("file") == "new");
}

TEST_CASE("a folder that is swapped for a link all the time is never followed out", "[workspace]") {
  const Trapped trapped;
  fs::create_symlink("../outside", trapped.in / "swap");
  fs::create_directory(trapped.in / "real");
  trapped.folder.write("in/real/secret", "harmless");
  std::atomic<bool> done = false;
  std::thread swapper([&] {
    const std::string one = trapped.in / "real";
    const std::string other = trapped.in / "swap";
    while (!done) renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
  });
  for (const Resolve resolve : {Resolve::ByKernel, Resolve::ByHand}) {
    const Workspace workspace(trapped.in, resolve);
    for (int attempt = 0; attempt < 1000; ++attempt) {
      if (read(workspace.open_file("real/secret")) == "secret") FAIL("read outside");
      if (attempt % 10 == 0) workspace.replace_file("real/new", "new", "key");
    }
  }
  done = true;
  swapper.join();
  CHECK(trapped.outside() == "secret:secret");
}

}  // namespace
}  // namespace agentd
