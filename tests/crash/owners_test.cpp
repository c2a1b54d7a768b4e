#include "core/error.h"
#include "core/store/snapshot.h"
#include "tests/support/broken_disk.h"
#include "tests/support/catch.h"
#include "tests/support/child.h"
#include "tests/support/run_ground.h"

// Two owners of one run, in real processes; and an owner on a disk that fills up.

using namespace agentd;
namespace fs = std::filesystem;

namespace {

/// Owns the run, appends 1 to 3, waits for a word, and appends 4.
void own_and_freeze(const RunPaths& paths, const Line& line, const std::function<void()>& after_thaw) {
  Owner owner(paths);
  owner.write(1, 3, "A");
  line.tell();
  line.await();
  after_thaw();
  owner.write(4, 4, "A");
  line.tell();
}

std::vector<Record> take_over(const RunPaths& paths) {
  Owner owner(paths);
  owner.write(4, 6, "B");
  return all_records(*owner.journal);
}

/// The same bytes in the same files: what the server of a network file system has when another host wrote.
void write_over(const RunPaths& target, const RunPaths& source) {
  for (const auto& [from, to] :
       {std::pair{source.journal(), target.journal()}, {source.wal(), target.wal()}}) {
    std::ofstream(to, std::ios::binary | std::ios::trunc) << text_of(from);
  }
}

}  // namespace

TEST_CASE("Of many processes that want a run at once one works at a time, and no record is lost", "[crash]") {
  const RunGround run;
  constexpr int kProcesses = 4, kRecords = 25;
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(std::make_unique<Child>([&](const Line& line) {
      line.await();
      for (int done = 0; done < kRecords;) {
        const auto ownership = try_to_own(run.paths);
        if (!ownership) continue;
        const auto journal = open_journal(run.paths);
        const auto next = static_cast<std::int64_t>(all_records(*journal).size()) + 1;
        journal->append(a_record(next));
        journal->commit();
        ++done;
      }
    }));
  }
  for (const auto& child : children) child->line().tell();
  for (const auto& child : children) {
    const int status = child->wait();
    INFO(child->errors());
    CHECK(status == 0);
  }
  CHECK(all_records(*Owner(run.paths).journal).size() == kProcesses * kRecords);
}

TEST_CASE("A thawed owner whose lease is over cannot append, and harms nothing of the new owner's",
          "[crash]") {
  const RunGround run, elsewhere;
  Child first([&](const Line& line) { own_and_freeze(run.paths, line, lose_the_lease); });
  REQUIRE(first.line().await());
  first.stop();
  const RunPaths there{elsewhere.paths.folder, run.paths.id, run.paths.key};
  // The new owner works on another host: this one's locks are gone there.
  fs::copy(run.paths.journal(), there.journal());
  fs::copy(run.paths.wal(), there.wal());
  const bool finished = GENERATE(true, false);
  std::vector<Record> records;
  if (finished) {
    records = take_over(there);
    write_over(run.paths, there);
  } else {
    Owner second(there);
    second.write(4, 6, "B");
    records = all_records(*second.journal);
    write_over(run.paths, there);
  }
  const auto before = files_below(run.paths.folder);

  first.kill(SIGCONT);
  first.line().tell();
  CHECK_FALSE(first.line().await());
  CHECK(first.wait() == 74);
  CHECK_THAT(first.errors(), ContainsSubstring("another owner took the run over"));
  CHECK(files_below(run.paths.folder) == before);
  CHECK(records.size() == 6);
  CHECK(all_records(*Owner(run.paths).journal) == records);
}

TEST_CASE("A thawed owner whose folder was replaced meanwhile cannot append", "[crash]") {
  const RunGround run;
  Child first([&](const Line& line) { own_and_freeze(run.paths, line, [] {}); });
  REQUIRE(first.line().await());
  first.stop();
  fs::rename(run.paths.folder, run.temporary.path() / "away");
  fs::copy(run.temporary.path() / "away", run.paths.folder, fs::copy_options::recursive);
  const std::vector<Record> records = take_over(run.paths);

  first.kill(SIGCONT);
  first.line().tell();
  CHECK_FALSE(first.line().await());
  CHECK(first.wait() == 74);
  CHECK(all_records(*Owner(run.paths).journal) == records);
}

TEST_CASE("An owner killed at any moment leaves every record it told of", "[crash]") {
  const RunGround run;
  std::int64_t told = 0;
  for (int round = 0; round < 10; ++round) {
    const auto begun = static_cast<std::int64_t>(all_records(*Owner(run.paths).journal).size());
    REQUIRE(begun >= told);
    REQUIRE(begun <= told + 1);
    told = begun;
    Child child([&](const Line& line) {
      Owner owner(run.paths);
      for (std::int64_t seq = begun + 1;; ++seq) {
        owner.write(seq, seq, std::string(6'000, 'x'));
        line.tell();
      }
    });
    for (int i = 0; i < 3 + 20 * round && child.line().await(); ++i) ++told;
    child.kill(SIGKILL);
    child.wait();
    while (child.line().await()) ++told;
  }
}

TEST_CASE("On a full disk what is committed stays, and after room is made the run goes on", "[crash]") {
  const TempFolder temporary;
  const std::string disk = temporary.path();
  const Ended ended = run_apart([&] {
    mount_small_disk(disk, "400k");
    const RunPaths paths = memory_at(disk + "/memory").make_run("demo-1");
    std::int64_t last = 0;
    const auto fill = [&] {
      Owner owner(paths);
      const std::string error = error_of([&] {
        for (;; ++last) owner.write(last + 1, last + 1, std::string(10'000, 'x'));
      });
      expect(error.find("the file system at " + disk + " ") != std::string::npos, error);
      expect(error.find("is full") != std::string::npos, error);
      expect(all_records(*owner.journal).size() == static_cast<std::size_t>(last), "still the owner");
    };
    const auto length = [&] {
      std::int64_t records = 0;
      read_snapshot(paths, 0, [&](const Record&) { ++records; });
      return records;
    };
    for (const std::string size : {"400k", "800k", "900k", "2m"}) {
      expect(resize_disk(disk, size), "resized");
      const std::int64_t before = last;
      fill();
      expect(last > before || size == "400k", "went on after room was made");
      expect(length() == last, "the snapshot has all");
      fill();
    }
    expect(last > 50, "enough was written");
  });
  check_unless_skipped(ended);
}

TEST_CASE("A disk that is full from the start says so, and leaves a run that can begin", "[crash]") {
  const TempFolder temporary;
  const std::string disk = temporary.path();
  const Ended ended = run_apart([&] {
    mount_small_disk(disk, "64k");
    const RunPaths paths = memory_at(disk + "/memory").make_run("demo-1");
    const std::string ballast = disk + "/ballast";
    std::ofstream(ballast) << std::string(64 * 1024, 'x');
    for (int round = 0; round < 3; ++round) {
      const std::string error = error_of([&] { try_to_own(paths); });
      expect(error.find("is full") != std::string::npos, error);
    }
    fs::remove(ballast);
    Owner(paths).write(1, 2);
    expect(all_records(*Owner(paths).journal).size() == 2, "began");
  });
  check_unless_skipped(ended);
}
