#include "core/store/memory_dir.h"

#include <sys/stat.h>

#include "core/error.h"
#include "core/store/mount.h"
#include "tests/support/broken_disk.h"
#include "tests/support/catch.h"
#include "tests/support/child.h"
#include "tests/support/run_ground.h"

using namespace agentd;
namespace fs = std::filesystem;

namespace {

mode_t mode_of(const fs::path& path) {
  struct stat found = {};
  ::stat(path.c_str(), &found);
  return found.st_mode & 0777U;
}

std::string creation_error(const fs::path& path) {
  return error_of([&] { MemoryDir::create(path); });
}

}  // namespace

TEST_CASE("Run ids are plain names", "[store]") {
  for (const auto* good : {"a", "0", "digest-3f2a9c", "a..b", "x_y.z-1"}) CHECK(is_run_id(good));
  CHECK(is_run_id(std::string(100, 'a')));
  for (const auto* bad : {"", ".", "..", ".a", "-a", "_a", "A", "a/b", "a b", "ä", "a\n", "../etc"}) {
    CHECK_FALSE(is_run_id(bad));
  }
  CHECK_FALSE(is_run_id(std::string(101, 'a')));
  CHECK_FALSE(is_run_id(std::string("a\0b", 3)));
}

TEST_CASE("A memory directory is made with its parents, for its owner alone", "[store]") {
  const TempFolder temporary;
  const fs::path path = temporary.path() / "some/where/deep";
  const MemoryDir memory = MemoryDir::create(path.string() + "/");
  CHECK(memory.path() == path);
  CHECK(text_of(path / "FORMAT") == "agentd memory 1\n");
  for (const auto& folder : {path, path.parent_path(), path / "runs"}) CHECK(mode_of(folder) == 0700);
  CHECK(mode_of(path / "FORMAT") == 0600);
  CHECK(MemoryDir::create(path).path() == path);
  CHECK(memory.run_ids().empty());
}

TEST_CASE("A relative path means the folder it meant at the start", "[store]") {
  const TempFolder temporary;
  const fs::path before = fs::current_path();
  fs::current_path(temporary.path());
  const MemoryDir memory = MemoryDir::create("file:memory?x");
  fs::current_path(before);
  CHECK(memory.path() == temporary.path() / "file:memory?x");
  Owner(memory.make_run("a")).write(1, 2);
  CHECK(memory.run_ids() == std::vector<std::string>{"a"});
}

TEST_CASE("A folder of somebody else's is never written to", "[store]") {
  const TempFolder temporary;
  std::string expected;
  SECTION("with other things in it") {
    write_text(temporary.path() / "diary.txt", "dear diary");
    expected = "is not empty (diary.txt)";
  }
  SECTION("with a newer format") {
    write_text(temporary.path() / "FORMAT", "agentd memory 3\n");
    expected = "written by a newer agentd (format 3";
  }
  SECTION("with a FORMAT of its own") {
    write_text(temporary.path() / "FORMAT", "PCM 16 bit");
    expected = "not agentd's";
  }
  const auto before = files_below(temporary.path());
  CHECK_THAT(creation_error(temporary.path()),
             ContainsSubstring(temporary.path().string()) && ContainsSubstring(expected));
  CHECK_THAT(error_of([&] { MemoryDir::look(temporary.path()); }), ContainsSubstring(expected));
  CHECK(files_below(temporary.path()) == before);
}

TEST_CASE("A creation that was interrupted is finished, and a fresh file system is empty", "[store]") {
  const TempFolder temporary;
  write_text(temporary.path() / ".FORMAT.Ab12Cd", "agentd mem");
  fs::create_directory(temporary.path() / "lost+found");
  MemoryDir::create(temporary.path());
  CHECK(text_of(temporary.path() / "FORMAT") == "agentd memory 1\n");
}

TEST_CASE("Each failure says what, why and what to do", "[store]") {
  const TempFolder temporary;
  write_text(temporary.path() / "file", "");
  CHECK_THAT(creation_error(temporary.path() / "file"), ContainsSubstring("is a file, not a folder"));
  CHECK_THAT(creation_error(temporary.path() / "file/a"),
             ContainsSubstring("cannot make the folder") && ContainsSubstring("Not a directory"));
  CHECK_THAT(creation_error(temporary.path() / "file/a/b"), ContainsSubstring("Not a directory"));
  CHECK_THAT(creation_error(""), ContainsSubstring("use --memory DIR"));
}

TEST_CASE("A read-only memory directory can be looked at, not worked in", "[store][plain]") {
  const RunGround run;
  Owner(run.paths).write(1, 2);
  const std::string folder = run.temporary.path();
  const Ended ended = run_apart([&] {
    mount_small_disk("/mnt", "100k");
    ::mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr);
    expect(::mount(nullptr, folder.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0,
           "mounted");
    expect(MemoryDir::look(run.memory.path()).run_ids().size() == 1, "listed");
    for (const std::string& error :
         {error_of([&] { try_to_own(run.paths); }), creation_error(folder + "/new"),
          error_of([&] { run.memory.make_run("new"); })}) {
      expect(error.find("Read-only file system; its file system is read-only: choose") != std::string::npos,
             error);
    }
  });
  check_unless_skipped(ended);
}

TEST_CASE("A directory that is not there has no runs, and looking makes none", "[store]") {
  const TempFolder temporary;
  const MemoryDir memory = MemoryDir::look(temporary.path() / "none");
  CHECK(memory.run_ids().empty());
  CHECK_FALSE(memory.has_run("a"));
  CHECK_FALSE(fs::exists(memory.path()));
}

TEST_CASE("Runs are the folders whose run has begun", "[store]") {
  const RunGround run;
  CHECK_FALSE(run.memory.has_run("demo-1"));
  Owner(run.paths).write(1, 1);
  Owner(run.memory.make_run("a")).write(1, 1);
  run.memory.make_run("not-begun");
  write_text(run.memory.path() / "runs/file", "");
  fs::create_directory(run.memory.path() / "runs/Not An Id");
  CHECK(run.memory.run_ids() == std::vector<std::string>{"a", "demo-1"});
  for (const auto& folder :
       {run.paths.inbox(), run.paths.outputs(), run.paths.workspace(), run.paths.folder}) {
    CHECK(mode_of(folder) == 0700);
  }
  fs::remove(run.paths.journal());
  CHECK(run.memory.has_run("demo-1"));
}

TEST_CASE("Bad ids are refused before a path is built", "[store]") {
  const RunGround run;
  for (const auto* id : {"../x", "", "A"}) {
    CHECK_THROWS_AS(run.memory.run(id), Error);
    CHECK_THROWS_AS(run.memory.make_run(id), Error);
    CHECK_THROWS_AS(run.memory.has_run(id), Error);
  }
}

TEST_CASE("Mounts whose locks stay on this host are told of", "[store]") {
  const std::string other = "22 27 0:21 / /proc rw,relatime - proc proc rw,nolock\n";
  const auto judge = [&](const std::string& line, const std::string& recover = "N\n") {
    return judge_mount({"0:44", other + line, recover}, "/mnt/m");
  };
  CHECK(judge("") == "");
  CHECK(judge("36 35 0:44 / /mnt rw - nfs4 127.0.0.1:/ rw,vers=4.1,hard,local_lock=none\n") == "");
  CHECK(judge("36 35 0:44 / /mnt rw,noatime shared:1 master:2 - nfs h:/ rw,vers=3,nolock,local_lock=all\n") ==
        "/mnt/m is mounted as nfs with nolock: locks do not reach other hosts there, so let only one host "
        "work in it");
  CHECK_THAT(judge("36 35 0:44 / /mnt rw - nfs4 h:/ rw,local_lock=posix\n"),
             ContainsSubstring("local_lock=posix"));
  CHECK_THAT(judge("36 35 0:44 / /mnt rw - cifs //h/s rw,nobrl\n"), ContainsSubstring("nobrl"));
  CHECK(judge("36 35 0:44 / /mnt rw - cifs //h/s rw,actimeo=30\n") == "");
  CHECK_THAT(judge("36 35 0:44 / /mnt rw - fuse.gcsfuse bucket rw\n"), ContainsSubstring("fuse.gcsfuse:"));
  CHECK(judge("36 35 0:44 / /mnt rw - fuse.fuse-overlayfs x rw\n") == "");
  CHECK(judge("36 35 0:44 / /a rw - nfs4 h:/ rw,local_lock=all\n37 35 0:44 / /b rw - nfs4 h:/ rw\n") == "");
  for (const auto* garbage :
       {"36 35 0:44", "36 35 0:44 / / rw -", "36 35 0:44 / / rw - nfs4 h:/", "- - - - - -\n"}) {
    CHECK(judge(garbage) == "");
  }
  CHECK_THROWS_AS(judge("36 35 0:44 / /mnt rw - nfs4 h:/ rw\n", "Y\n"), Error);
  CHECK(judge("36 35 0:44 / /mnt rw - ext4 /dev/a rw\n", "Y\n") == "");
}

TEST_CASE("A local disk needs no warning", "[store]") {
  CHECK(mount_warning(TempFolder().path()) == "");
}

TEST_CASE("What is on no mount of its own vanishes with the machine", "[store]") {
  const std::string mounts =
      "1 0 0:1 / / rw - overlay none rw\n2 1 0:2 / /tmp rw - ext4 none rw\n"
      "3 1 0:3 / /mnt/agents rw - nfs4 host:/ rw\n";
  CHECK(mount_point(mounts, "/mnt/agents") == "/mnt/agents");
  CHECK(mount_point(mounts, "/mnt/agents/deep/er") == "/mnt/agents");
  CHECK(mount_point(mounts, "/mnt/agents2") == "/");
  CHECK(mount_point(mounts, "/tmp/x") == "/tmp");
  CHECK(mount_point("", "/x").empty());
  CHECK_THAT(vanishing_warning("/nowhere/yet"), ContainsSubstring("is no mounted file system"));
  CHECK(vanishing_warning("/proc").empty());
}
