#include "core/store/snapshot.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/child.h"
#include "tests/support/run_ground.h"

using namespace agentd;
namespace fs = std::filesystem;

namespace {

std::vector<std::int64_t> seqs_after(const RunPaths& paths, std::int64_t since) {
  std::vector<std::int64_t> seqs;
  read_snapshot(paths, since, [&](const Record& record) { seqs.push_back(record.seq); });
  return seqs;
}

/// Where snapshots make their copies, for as long as this lives.
struct CopiesGoTo {
  explicit CopiesGoTo(const fs::path& folder) { ::setenv("TMPDIR", folder.c_str(), 1); }
  ~CopiesGoTo() { ::unsetenv("TMPDIR"); }
};

void make_old(const fs::path& path) {
  const timespec times[] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  ::utimensat(AT_FDCWD, path.c_str(), times, 0);
}

}  // namespace

TEST_CASE("A snapshot shows what an owner has committed so far", "[store]") {
  const RunGround run;
  Owner owner(run.paths);
  owner.write(1, 3);
  owner.journal->append(a_record(4));
  const Ended ended = run_apart([&] {
    expect(seqs_after(run.paths, 0) == std::vector<std::int64_t>{1, 2, 3}, "all");
    expect(seqs_after(run.paths, 1) == std::vector<std::int64_t>{2, 3}, "after 1");
    expect(seqs_after(run.paths, 3).empty() && seqs_after(run.paths, 9).empty(), "after the last");
    read_snapshot(run.paths, 2, [](const Record& record) { expect(record == a_record(3), "whole"); });
  });
  CHECK(ended.errors == "");
  owner.journal->commit();
  owner.write(5, 5);
}

TEST_CASE("The last record is had without those before it", "[store]") {
  const RunGround run;
  Owner owner(run.paths);
  const Ended before = run_apart([&] { expect(!read_last_record(run.paths), "nothing has happened"); });
  CHECK(before.errors == "");
  owner.write(1, 3);
  owner.journal->append(a_record(4));
  const Ended ended =
      run_apart([&] { expect(read_last_record(run.paths) == a_record(3), "the committed one"); });
  CHECK(ended.errors == "");
  const RunPaths other = run.memory.make_run("demo-2");
  write_text(other.journal(), "garbage");
  CHECK_THAT(error_of([&] { read_last_record(other); }), ContainsSubstring(other.journal().string()));
}

TEST_CASE("A snapshot needs no -wal, no lock and no right to write", "[store]") {
  const RunGround run;
  Owner(run.paths).write(1, 2);
  fs::remove(run.paths.wal());
  const auto before = files_below(run.paths.folder);
  CHECK(seqs_after(run.paths, 0).size() == 2);
  CHECK(files_below(run.paths.folder) == before);
}

TEST_CASE("A snapshot leaves no copy behind, even if its reader fails", "[store]") {
  const RunGround run;
  Owner(run.paths).write(1, 2);
  const fs::path copies = run.temporary.path() / "copies";
  fs::create_directory(copies);
  const CopiesGoTo there(copies);
  CHECK(seqs_after(run.paths, 0).size() == 2);
  CHECK_THROWS_AS(read_snapshot(run.paths, 0, [](const Record&) { throw 42; }), int);
  CHECK(fs::is_empty(copies));
  const CopiesGoTo nowhere(run.temporary.path() / "nowhere");
  CHECK_THAT(error_of([&] { seqs_after(run.paths, 0); }), ContainsSubstring("TMPDIR"));
}

TEST_CASE("A snapshot of a missing or damaged journal names it", "[store]") {
  const RunGround run;
  CHECK_THAT(error_of([&] { seqs_after(run.paths, 0); }), ContainsSubstring(run.paths.journal().string()));
  CHECK_THAT(error_of([&] { snapshot_version(run.paths); }), ContainsSubstring(run.paths.journal().string()));
  write_text(run.paths.journal(), "dear diary");
  CHECK_THAT(error_of([&] { seqs_after(run.paths, 0); }),
             ContainsSubstring(run.paths.journal().string() + " is damaged (not a database)"));
}

TEST_CASE("Snapshots taken while owners write, checkpoint and change have no gaps and never shrink",
          "[store]") {
  constexpr std::int64_t kOwners = 5, kRecords = 200;
  const std::string text(24'000, 'x');  // 7 pages: each owner begins its -wal anew once
  const RunGround run;
  Owner(run.paths).write(1, 1);
  Child writer([&](const Line& line) {
    for (std::int64_t last = 1; line.await(); last += kRecords) {
      Owner(run.paths).write(last + 1, last + kRecords, text);
      line.tell();
    }
  });
  std::int64_t last = 1;
  for (std::int64_t owners = 1; owners <= kOwners; ++owners) {
    const std::string before = snapshot_version(run.paths);
    writer.line().tell();
    while (last < 1 + owners * kRecords) {
      const std::vector<std::int64_t> seqs = seqs_after(run.paths, last - 1);  // throws at a gap
      REQUIRE_FALSE(seqs.empty());
      last = seqs.back();
    }
    REQUIRE(last == 1 + owners * kRecords);
    REQUIRE(writer.line().await());
    CHECK(snapshot_version(run.paths) != before);
  }
}

TEST_CASE("The version of a journal changes with each commit and rests when nothing happens", "[store]") {
  const RunGround run;
  Owner(run.paths).write(1, 1);
  const auto settled = [&] {
    make_old(run.paths.journal());
    make_old(run.paths.wal());
    return snapshot_version(run.paths);
  };
  const std::string before = settled();
  CHECK(settled() == before);
  Owner(run.paths).write(2, 2);
  CHECK(snapshot_version(run.paths) != before);
  const std::string after = snapshot_version(run.paths);
  CHECK(snapshot_version(run.paths) != after);  // file times cannot yet tell two commits apart
}
