#include "core/store/ownership.h"

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/child.h"
#include "tests/support/run_ground.h"

using namespace agentd;
namespace fs = std::filesystem;

namespace {

/// Owns the run until it is told to go on, or killed.
struct Holding {
  explicit Holding(const RunPaths& paths)
      : child([paths](const Line& line) {
          const auto ownership = try_to_own(paths);
          expect(ownership != nullptr, "owned");
          line.tell();
          line.await();
        }) {
    REQUIRE(child.line().await());
  }
  Child child;
};

}  // namespace

TEST_CASE("A run has one owner, in another process or in the same", "[store]") {
  const RunGround run;
  auto first = try_to_own(run.paths);
  REQUIRE(first);
  CHECK_FALSE(try_to_own(run.paths));
  CHECK(run_apart([&] { expect(!try_to_own(run.paths), "busy"); }).errors == "");
  first.reset();
  CHECK(try_to_own(run.paths));
}

TEST_CASE("Asking for a run in vain leaves its owner's locks alone", "[store]") {
  const RunGround run;
  const auto owner = try_to_own(run.paths);
  CHECK_FALSE(try_to_own(run.paths));
  read_holder(run.paths.lock());
  const Ended ended = run_apart([&] {
    const int wal = ::open(run.paths.wal().c_str(), O_RDWR);
    struct flock all = {};
    all.l_type = F_WRLCK;
    expect(::fcntl(wal, F_SETLK, &all) != 0, "the -wal is locked");
    expect(!try_to_own(run.paths), "the run is owned");
  });
  CHECK(ended.errors == "");
}

TEST_CASE("The files of the runs that a process owns are known by any name", "[store]") {
  const RunGround run, other;
  const auto is_owned = [](const fs::path& path) {
    struct stat file = {};
    REQUIRE(::stat(path.c_str(), &file) == 0);
    return is_owned_here(file);
  };
  auto owner = try_to_own(run.paths);
  const auto second = try_to_own(other.paths);
  const fs::path alias = run.paths.folder / "alias";
  fs::create_hard_link(run.paths.wal(), alias);
  for (const fs::path& path : {run.paths.journal(), run.paths.wal(), other.paths.wal(), alias})
    CHECK(is_owned(path));
  CHECK_FALSE(is_owned(run.paths.folder));
  owner.reset();
  CHECK_FALSE(is_owned(run.paths.journal()));
  CHECK_FALSE(is_owned(alias));
  CHECK(is_owned(other.paths.journal()));
}

TEST_CASE("A killed owner's run is free at once", "[store]") {
  const RunGround run;
  Holding holding(run.paths);
  CHECK_FALSE(try_to_own(run.paths));
  holding.child.kill(SIGKILL);
  holding.child.wait();
  CHECK(try_to_own(run.paths));
}

TEST_CASE("A frozen owner keeps its run", "[store]") {
  const RunGround run;
  Holding holding(run.paths);
  holding.child.stop();
  CHECK_FALSE(try_to_own(run.paths));
  holding.child.kill(SIGCONT);
  CHECK_FALSE(try_to_own(run.paths));
  holding.child.line().tell();
  CHECK(holding.child.wait() == 0);
  CHECK(try_to_own(run.paths));
}

TEST_CASE("Waiting polls from 50 ms to 1 s, and ends when it said", "[store]") {
  const RunGround run;
  const auto owner = try_to_own(run.paths);
  FakeClock clock(0);
  std::vector<std::int64_t> polls;
  clock.on_sleep = [&] { polls.push_back(clock.now); };
  CHECK_FALSE(Ownership::acquire(run.paths, 4000, clock, FakeStop()));
  CHECK(polls == std::vector<std::int64_t>{50, 150, 350, 750, 1550, 2550, 3550, 4000});
}

TEST_CASE("Waiting gets the run when its owner lets go", "[store]") {
  const RunGround run;
  auto owner = try_to_own(run.paths);
  FakeClock clock(0);
  clock.on_sleep = [&] {
    if (clock.now >= 350) owner.reset();
  };
  CHECK(Ownership::acquire(run.paths, 60'000, clock, FakeStop()));
  CHECK(clock.now == 350);
}

TEST_CASE("Waiting ends at a signal, but tries once", "[store]") {
  const RunGround run;
  auto owner = try_to_own(run.paths);
  FakeClock clock(0);
  FakeStop stop;
  clock.on_sleep = [&] { stop.signal(); };
  CHECK_FALSE(Ownership::acquire(run.paths, 60'000, clock, stop));
  CHECK(clock.now == 50);
  owner.reset();
  CHECK(Ownership::acquire(run.paths, 60'000, clock, stop));
}

TEST_CASE("The lock file tells people who holds the run, and who held it last", "[store]") {
  const RunGround run;
  CHECK(read_holder(run.paths.lock()).pid == 0);
  {
    const auto owner = try_to_own(run.paths);
    const Holder holder = read_holder(run.paths.lock());
    CHECK_FALSE(holder.host.empty());
    CHECK(holder.pid == ::getpid());
    CHECK(holder.since_ms == 1'700'000'000'000);
    CHECK(text_of(run.paths.lock()) ==
          holder.host + " pid " + std::to_string(::getpid()) + " since 2023-11-14T22:13:20Z\n");
  }
  CHECK(read_holder(run.paths.lock()).pid == ::getpid());
  write_text(run.paths.lock(), "some other longer line of text that is not ours, two hundred years old\n");
  CHECK(read_holder(run.paths.lock()).pid == 0);
  try_to_own(run.paths);
  CHECK(read_holder(run.paths.lock()).pid == ::getpid());
}

TEST_CASE("The first owner makes the journal; a crash before that leaves a run that can begin", "[store]") {
  const RunGround run;
  write_text(run.paths.lock(), "");
  write_text(run.paths.wal(), "");
  CHECK(try_to_own(run.paths));
  CHECK(all_records(*Owner(run.paths).journal).empty());
}

TEST_CASE("A journal that is gone is reported, and nothing is put in its place", "[store]") {
  const RunGround run;
  Owner(run.paths).write(1, 3);
  fs::remove(run.paths.journal());
  SECTION("the lock names its last owner") {}
  SECTION("only the -wal is left") {
    write_text(run.paths.lock(), "");
    write_text(run.paths.wal(), "frames");
  }
  const auto before = files_below(run.paths.folder);
  CHECK_THAT(
      error_of([&] { try_to_own(run.paths); }),
      ContainsSubstring("journal.db of run demo-1 is gone") && ContainsSubstring(run.paths.folder.string()));
  CHECK(files_below(run.paths.folder) == before);
}

TEST_CASE("A run without a folder is an error, not a new run", "[store]") {
  const RunGround run;
  fs::remove_all(run.paths.folder);
  CHECK_THAT(error_of([&] { try_to_own(run.paths); }), ContainsSubstring("No such file or directory"));
}
