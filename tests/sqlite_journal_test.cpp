#include "core/store/sqlite_journal.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "core/error.h"
#include "core/store/owned_database.h"
#include "tests/support/broken_disk.h"
#include "tests/support/catch.h"
#include "tests/support/child.h"
#include "tests/support/run_ground.h"

using namespace agentd;
namespace fs = std::filesystem;

namespace {

/// A finished invocation's files, `last` records long.
struct Written : RunGround {
  explicit Written(std::int64_t last = 3) { Owner(paths).write(1, last); }
  void execute(const std::string& sql) const {
    SQLite::Database(paths.journal().string(), SQLite::OPEN_READWRITE).exec(sql);
  }
  std::string opening_error() const {
    return error_of([&] { Owner owner(paths); });
  }
  std::string reading_error() const {
    return error_of([&] { all_records(*Owner(paths).journal); });
  }
};

mode_t mode_of(const fs::path& path) {
  struct stat found = {};
  ::stat(path.c_str(), &found);
  return found.st_mode & 0777U;
}

}  // namespace

TEST_CASE("Between invocations a journal is one plain table for the sqlite3 shell", "[store][plain]") {
  const Written run(2);
  CHECK(fs::file_size(run.paths.wal()) == 0);
  CHECK_FALSE(fs::exists(run.paths.folder / "journal.db-shm"));
  CHECK(mode_of(run.paths.journal()) == 0600);
  CHECK(mode_of(run.paths.wal()) == 0600);
  SQLite::Database shell(run.paths.journal().string());
  CHECK(shell.execAndGet("SELECT group_concat(name) FROM pragma_table_info('event')").getString() ==
        "seq,at_ms,step,kind,data");
  CHECK(shell.execAndGet("SELECT seq||'|'||at_ms||'|'||step||'|'||kind FROM event WHERE seq=2").getString() ==
        "2|1002|1|user_said");
  CHECK(shell.execAndGet("SELECT json_extract(data, '$.text') FROM event WHERE seq=2").getString() ==
        "hello");
  CHECK(shell.execAndGet("PRAGMA integrity_check").getString() == "ok");
}

TEST_CASE("Opening, reading and closing writes nothing", "[store]") {
  const Written run;
  const std::string before = text_of(run.paths.journal());
  for (int round = 0; round < 2; ++round) CHECK(all_records(*Owner(run.paths).journal).size() == 3);
  CHECK(text_of(run.paths.journal()) == before);
  CHECK(fs::file_size(run.paths.wal()) == 0);
}

TEST_CASE("The -wal stays bounded while a run grows", "[store]") {
  const RunGround run;
  Owner owner(run.paths);
  owner.write(1, 300, std::string(40'000, 'x'));
  CHECK(fs::file_size(run.paths.wal()) < 5'000'000);
  CHECK(all_records(*owner.journal).size() == 300);
}

TEST_CASE("A killed owner's journal goes on from its -wal", "[store]") {
  const RunGround run;
  Child child([&](const Line& line) {
    Owner owner(run.paths);
    owner.write(1, 5);
    owner.journal->append(a_record(6));
    line.tell();
    line.await();
  });
  REQUIRE(child.line().await());
  child.kill(SIGKILL);
  child.wait();
  CHECK(fs::file_size(run.paths.wal()) > 0);
  Owner next(run.paths);
  CHECK(all_records(*next.journal).size() == 5);
  next.write(6, 7);
  CHECK(all_records(*next.journal).size() == 7);
}

TEST_CASE("A journal that the sqlite3 shell took out of WAL mode is put back", "[store][plain]") {
  const Written run;
  run.execute("PRAGMA journal_mode=DELETE; VACUUM");
  Owner owner(run.paths);
  owner.write(4, 4);
  CHECK(all_records(*owner.journal).size() == 4);
  CHECK(fs::file_size(run.paths.wal()) > 0);
}

TEST_CASE("A file that is no journal is named and left as it is", "[store][plain]") {
  const Written run;
  std::string content, expected;
  SECTION("text") {
    content = "dear diary, " + std::string(5000, '.'), expected = "not a database";
  }
  SECTION("empty") {
    expected = "is empty";
  }
  SECTION("a page of zeros") {
    content = std::string(4096, '\0'), expected = "not a database";
  }
  SECTION("cut in its header") {
    content = text_of(run.paths.journal()).substr(0, 50), expected = "is damaged";
  }
  SECTION("another program's") {
    SQLite::Database(run.temporary.path() / "foreign.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec("CREATE TABLE event(seq INTEGER PRIMARY KEY)");
    content = text_of(run.temporary.path() / "foreign.db"), expected = "another program";
  }
  write_text(run.paths.journal(), content);
  CHECK_THAT(run.opening_error(), ContainsSubstring(run.paths.journal().string()));
  CHECK_THAT(run.opening_error(), ContainsSubstring(expected));
  CHECK(text_of(run.paths.journal()) == content);
}

TEST_CASE("A journal of a newer format is refused and left as it is", "[store][plain]") {
  const Written run;
  run.execute("PRAGMA user_version=2");
  const std::string before = text_of(run.paths.journal());
  CHECK_THAT(run.opening_error(), ContainsSubstring("written by a newer agentd (format 2"));
  CHECK(text_of(run.paths.journal()) == before);
}

TEST_CASE("A journal with damage inside is named with the place", "[store][plain]") {
  const Written run(200);
  const auto damaged = [&](const std::string& where) {
    CHECK_THAT(run.reading_error(), ContainsSubstring("journal.db is damaged") && ContainsSubstring(where));
  };
  SECTION("a row is missing") {
    run.execute("DELETE FROM event WHERE seq=2");
    damaged("seq 2 is missing");
  }
  SECTION("a kind that nobody knows") {
    run.execute("UPDATE event SET kind='dreamt' WHERE seq=3");
    damaged("seq 3");
  }
  SECTION("data that is no JSON") {
    run.execute("UPDATE event SET data='{' WHERE seq=3");
    damaged("seq 3");
  }
  SECTION("no table") {
    run.execute("DROP TABLE event");
    damaged("no such table");
  }
  SECTION("a page overwritten") {
    std::string bytes = text_of(run.paths.journal());
    write_text(run.paths.journal(), bytes.replace(2 * 4096, 4096, 4096, '\x77'));
    damaged("malformed");
  }
  SECTION("cut short") {
    write_text(run.paths.journal(), text_of(run.paths.journal()).substr(0, std::size_t{2} * 4096));
    damaged("malformed");
  }
}

TEST_CASE("A journal that the sqlite3 shell is reading is not opened", "[store][plain]") {
  const Written run;
  SQLite::Database shell(run.paths.journal().string());
  SQLite::Statement rows(shell, "SELECT seq FROM event");
  rows.executeStep();
  CHECK_THAT(run.opening_error(), ContainsSubstring("held open by another program"));
}

TEST_CASE("An owner whose files were removed or replaced exits 74", "[store]") {
  const Written run;
  const fs::path folder = run.paths.folder, away = run.temporary.path() / "away";
  std::function<void()> change;
  SECTION("the journal removed") {
    change = [&] { fs::remove(run.paths.journal()); };
  }
  SECTION("the -wal removed") {
    change = [&] { fs::remove(run.paths.wal()); };
  }
  SECTION("all removed") {
    change = [&] { fs::remove_all(folder); };
  }
  SECTION("all replaced") {
    change = [&] {
      fs::rename(folder, away);
      fs::copy(away, folder, fs::copy_options::recursive);
    };
  }
  const Ended ended = run_apart([&] {
    Owner owner(run.paths);
    change();
    owner.write(4, 4);
  });
  CHECK(ended.status == 74);
  CHECK_THAT(ended.errors, ContainsSubstring("removed or replaced"));
}

TEST_CASE("An owner whose writes fail exits 74 and touches nothing more", "[store]") {
  const Written run;
  std::map<std::string, std::string> before;
  Child child([&](const Line& line) {
    Owner owner(run.paths);
    owner.write(4, 5);
    line.tell();
    line.await();
    lose_the_lease();
    owner.write(6, 6);
  });
  REQUIRE(child.line().await());
  before = files_below(run.paths.folder);
  child.line().tell();
  CHECK(child.wait() == 74);
  CHECK_THAT(child.errors(), ContainsSubstring("Input/output error"));
  CHECK(files_below(run.paths.folder) == before);
  CHECK(all_records(*Owner(run.paths).journal).size() == 5);
}

TEST_CASE("An owner whose last checkpoint fails exits 74 with everything kept", "[store]") {
  const Written run;
  const Ended ended = run_apart([&] {
    Owner owner(run.paths);
    owner.write(4, 5);
    lose_the_lease();
    owner.journal.reset();
  });
  CHECK(ended.status == 74);
  CHECK(all_records(*Owner(run.paths).journal).size() == 5);
}

TEST_CASE("A file that may not grow is a full disk: what is committed stays, and the owner goes on",
          "[store]") {
  const Written run;
  const Ended ended = run_apart([&] {
    Owner owner(run.paths);
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small = {100'000, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const std::string error = error_of([&] { owner.write(4, 4, std::string(1'000'000, 'x')); });
    expect(error.find("is full") != std::string::npos, error);
    expect(all_records(*owner.journal).size() == 3, "the committed records");
    const rlimit large = {RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &large);
    owner.write(4, 5);
    expect(all_records(*owner.journal).size() == 5, "five records");
  });
  CHECK(ended.errors == "");
  CHECK(all_records(*Owner(run.paths).journal).size() == 5);
}

TEST_CASE("create_database replaces nothing", "[store]") {
  const Written run;
  CHECK(run_apart([&] { create_database(journal_files(run.paths)); }).status == 74);
  CHECK(all_records(*Owner(run.paths).journal).size() == 3);
}
