#include <fcntl.h>

#include <algorithm>

#include "core/store/event_table.h"
#include "core/store/files.h"
#include "core/store/inbox.h"
#include "core/store/owned_database.h"
#include "core/store/sealed_pages.h"
#include "core/store/sealed_vfs.h"
#include "core/store/snapshot.h"
#include "core/store/sqlite_journal.h"
#include "core/store/sqlite_notes.h"
#include "core/store/sqlite_reply_cache.h"
#include "tests/support/catch.h"
#include "tests/support/run_ground.h"
#include "tools/sealed_file.h"

using namespace agentd;
namespace fs = std::filesystem;

namespace {

const DataKey kUserKey = *DataKey::from_text(std::string(64, '1'));
const DataKey kOtherKey = *DataKey::from_text(std::string(64, '2'));
const EncryptionSetup kSource{.key_env = "USER_KEY"};

FindKey gives(const DataKey& key) {
  return [key](const EncryptionSetup&) { return key; };
}

struct SealedGround {
  TempFolder temporary;
  MemoryDir memory = MemoryDir::create(temporary.path() / "memory", gives(kUserKey), kSource);
  RunPaths paths = memory.make_run("zebrafinch-1");

  bool says_nowhere(const std::string& text) const {
    const auto files = files_below(temporary.path());
    return std::none_of(files.begin(), files.end(), [&](const auto& file) {
      return file.first.find(text) != std::string::npos || file.second.find(text) != std::string::npos;
    });
  }
};

std::string flipped(std::string bytes, std::size_t at) {
  bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
  return bytes;
}

/// An owned table of numbers, with little memory for its pages.
struct Numbers {
  TempFolder folder;
  OwnedFiles files{folder / "numbers.db",
                   folder / "lock",
                   "numbers",
                   "it",
                   [] { return std::string("CREATE TABLE number(id INTEGER PRIMARY KEY, n, filler)"); },
                   kUserKey};

  template <class Work>
  void work(const Work& work) {
    FakeClock clock;
    const auto owner = Ownership::acquire(files, 0, clock, FakeStop());
    OwnedDatabase database(files, "SELECT id, n FROM number LIMIT 0");
    work(database);
  }
};

}  // namespace

TEST_CASE("A key is 32 bytes, in base64 or hexadecimal digits", "[store]") {
  const DataKey key = DataKey::random();
  CHECK(DataKey::from_text(key.to_text()) == key);
  CHECK(kUserKey.to_text() == "ERERERERERERERERERERERERERERERERERERERERERE=");
  CHECK(DataKey::from_text(kUserKey.to_text()) == kUserKey);
  CHECK(kUserKey.id() != kOtherKey.id());
  for (const char* text : {"", "secret", "ERERERERERERERERERERERERERERERERERERERERERE", "1111",
                           "ERERERERERERERERERERERERERERERERERERERERERER", "zz"})
    CHECK_FALSE(DataKey::from_text(text));
  CHECK_FALSE(DataKey::from_text(std::string(63, '1') + "x"));
}

TEST_CASE("What is closed opens whole, in its place, with its key", "[store]") {
  for (const std::string& text : {std::string(), std::string("zebrafinch"), std::string(100'000, 'x')}) {
    const std::string sealed = kUserKey.close(text, "here");
    CHECK(sealed.size() == text.size() + DataKey::kSealSize);
    CHECK(kUserKey.close(text, "here") != sealed);
    CHECK(kUserKey.open(sealed, "here") == text);
    CHECK_FALSE(kUserKey.open(sealed, "there"));
    CHECK_FALSE(kOtherKey.open(sealed, "here"));
    CHECK_FALSE(kUserKey.of("other").open(sealed, "here"));
    CHECK_FALSE(kUserKey.open(sealed.substr(1), "here"));
    for (const std::size_t at : {std::size_t{0}, sealed.size() / 2, sealed.size() - 1})
      CHECK_FALSE(kUserKey.open(flipped(sealed, at), "here"));
  }
}

TEST_CASE("A name has one file name, which tells nothing of it and leads back", "[store]") {
  for (const std::string& name : {std::string("a"), std::string("zebrafinch-1"), std::string("zebrafinch-2"),
                                  std::string(16, 'b'), std::string(100, 'c')}) {
    const std::string file = kUserKey.file_name(name);
    CHECK(file == kUserKey.file_name(name));
    CHECK(file.size() <= 180);
    CHECK(file.find_first_of("/.") == std::string::npos);
    CHECK(kUserKey.name_of(file) == name);
    CHECK_FALSE(kOtherKey.name_of(file));
    CHECK_FALSE(kUserKey.name_of(file + "A"));
    CHECK_FALSE(kUserKey.name_of(flipped(file, file.size() / 2)));
    CHECK_FALSE(kUserKey.name_of(name));
  }
  CHECK(kUserKey.file_name("zebrafinch-1").substr(0, 6) != kUserKey.file_name("zebrafinch-2").substr(0, 6));
  CHECK(kUserKey.file_name("a").size() == kUserKey.file_name("zebrafinch-1").size());
  CHECK_FALSE(kUserKey.name_of("x"));
}

TEST_CASE("Nothing that an encrypted directory keeps can be read in its files", "[store]") {
  const SealedGround ground;
  FakeClock clock;
  FakeStop stop;
  Owner owner(ground.paths);
  owner.write(1, 5, "zebrafinch");
  CHECK(fs::file_size(ground.paths.wal()) > 0);
  InboxFolder inbox(ground.paths);
  inbox.leave({"", Letter::Kind::Say, "zebrafinch"}, 1);
  const auto notes = make_sqlite_notes(ground.memory, "zebrafinch", clock, stop);
  notes->save({.text = "the zebrafinch", .tags = {"zebrafinch"}}, "zebrafinch");
  const auto cache = make_reply_cache(ground.memory);
  cache->keep("ask the zebrafinch", "zebrafinch!", 1'000'000);
  const std::string letter = inbox.read().at(0).id;
  for (const std::string text : {"zebrafinch", "user_said", "CREATE TABLE note", "user"})
    CHECK(ground.says_nowhere(text));

  CHECK(all_records(*owner.journal).size() == 5);
  CHECK(inbox.read() == std::vector<Letter>{{letter, Letter::Kind::Say, "zebrafinch"}});
  CHECK(notes->find({.words = "zebrafinch"}).size() == 1);
  CHECK(note_namespaces(ground.memory) == std::vector<std::string>{"zebrafinch"});
  CHECK(ground.memory.run_ids() == std::vector<std::string>{"zebrafinch-1"});
  CHECK(cache->find("ask the zebrafinch", 1) == "zebrafinch!");
  CHECK_FALSE(cache->find("ask another", 1));
}

TEST_CASE("A letter is read under its own name, by its own run alone", "[store]") {
  const SealedGround ground;
  InboxFolder inbox(ground.paths);
  inbox.leave({"", Letter::Kind::Say, "go on"}, 1);
  const fs::path letter = ground.paths.inbox() / inbox.read().at(0).id;
  const std::string bytes = text_of(letter);
  write_text(ground.paths.inbox() / "00000000000000000009-x", bytes);
  write_text(ground.paths.inbox() / "00000000000000000008-x", R"({"kind":"say","text":"in plain sight"})");
  write_text(ground.memory.make_run("other").inbox() / letter.filename(), bytes);
  CHECK(inbox.read().size() == 1);
  CHECK(InboxFolder(ground.memory.run("other")).read().empty());
  write_text(letter, flipped(bytes, 3));
  CHECK(inbox.read().empty());
}

TEST_CASE("A change of any byte of a journal is found out", "[store]") {
  const SealedGround ground;
  {
    Owner owner(ground.paths);
    for (std::int64_t seq = 1; seq <= 40; ++seq) owner.journal->append(a_record(seq, std::string(400, 'x')));
    owner.journal->commit();
  }
  const std::string whole = text_of(ground.paths.journal());
  REQUIRE(whole.size() >= 6 * kPageSize);
  REQUIRE(whole.size() % kPageSize == 0);
  const auto error = [&] { return error_of([&] { read_snapshot(ground.paths, 0, [](const Record&) {}); }); };
  CHECK(error() == "");
  for (std::size_t page = 0; page < whole.size(); page += kPageSize) {
    for (const std::size_t at : {24, 99, 101, 700, 4055, 4056, 4080, 4095}) {
      write_text(ground.paths.journal(), flipped(whole, page + at));
      INFO(page << " " << at);
      CHECK_THAT(error(), ContainsSubstring("journal.db is damaged"));
    }
  }
  std::string swapped = whole.substr(0, 2 * kPageSize);
  swapped += whole.substr(3 * kPageSize, kPageSize) + whole.substr(2 * kPageSize, kPageSize);
  write_text(ground.paths.journal(), swapped + whole.substr(4 * kPageSize));
  CHECK_THAT(error(), ContainsSubstring("is damaged"));
  write_text(ground.paths.journal(), whole);
  CHECK(error() == "");
}

TEST_CASE("A journal in the place of another run's is refused", "[store]") {
  const SealedGround ground;
  Owner(ground.paths).write(1, 3);
  const RunPaths other = ground.memory.make_run("other");
  fs::copy(ground.paths.journal(), other.journal());
  CHECK_THAT(error_of([&] { read_snapshot(other, 0, [](const Record&) {}); }),
             ContainsSubstring("is damaged"));
  CHECK_THAT(error_of([&] { Owner owner(other); }), ContainsSubstring("is damaged"));
}

TEST_CASE("What is not encrypted is refused in an encrypted directory, and the other way about", "[store]") {
  const SealedGround sealed;
  const TempFolder folder;
  const MemoryDir plain = MemoryDir::create(folder / "memory");
  const RunPaths paths = plain.make_run("demo-1");
  Owner(paths).write(1, 3);
  Owner(sealed.paths).write(1, 3);
  fs::copy(paths.journal(), sealed.paths.journal(), fs::copy_options::overwrite_existing);
  const auto reading_error = [](const RunPaths& run) {
    return error_of([&] { read_snapshot(run, 0, [](const Record&) {}); });
  };
  CHECK_THAT(reading_error(sealed.paths), ContainsSubstring("journal.db is not encrypted"));
  CHECK_THAT(error_of([&] { Owner owner(sealed.paths); }), ContainsSubstring("is not encrypted"));

  const SealedGround another;
  Owner(another.paths).write(1, 3);
  fs::copy(another.paths.journal(), paths.journal(), fs::copy_options::overwrite_existing);
  CHECK_THAT(reading_error(paths), ContainsSubstring("journal.db is encrypted, and this memory"));
  CHECK_THAT(error_of([&] { Owner owner(paths); }), ContainsSubstring("is encrypted, and this memory"));
}

TEST_CASE("A -wal ends where a crash has torn it; what was changed in it is found out", "[store]") {
  const SealedGround ground;
  std::string journal, wal;
  std::vector<std::size_t> ends;  // of the -wal, by records
  {
    Owner owner(ground.paths);
    for (std::int64_t seq = 1; seq <= 20; ++seq) {
      owner.write(seq, seq);
      ends.push_back(static_cast<std::size_t>(fs::file_size(ground.paths.wal())));
    }
    journal = text_of(ground.paths.journal());
    wal = text_of(ground.paths.wal());
  }
  constexpr std::size_t kHead = kWalHeaderSize + DataKey::kSealSize;
  REQUIRE((wal.size() - kHead) % kFrameSize == 0);
  REQUIRE((wal.size() - kHead) / kFrameSize >= 20);
  const auto write = [&](const std::string& bytes) {
    write_text(ground.paths.journal(), journal);
    write_text(ground.paths.wal(), bytes);
  };
  const auto records = [&] { return all_records(*Owner(ground.paths).journal).size(); };
  const auto check_damaged = [&](const std::string& bytes) {
    write(bytes);
    CHECK_THAT(error_of([&] { read_snapshot(ground.paths, 0, [](const Record&) {}); }),
               ContainsSubstring("journal.db is damaged"));
    CHECK_THAT(error_of([&] { records(); }), ContainsSubstring("journal.db is damaged"));
    CHECK(text_of(ground.paths.wal()) == bytes);
  };
  write(wal);
  CHECK(records() == 20);
  for (std::size_t at = 0; at < kHead; at += 5) check_damaged(flipped(wal, at));
  for (std::size_t frame = kHead; frame < wal.size(); frame += kFrameSize) {
    for (const std::size_t in_frame : {0, 7, 15, 16, 23, 24, 2000, 4079, 4119}) {
      const std::size_t at = frame + in_frame;
      INFO(frame << " " << in_frame);
      // Of the last two transactions: which of them ended when, an unreadable frame does not tell.
      if (at < ends.at(17)) {
        check_damaged(flipped(wal, at));
      } else if (at >= ends.at(18)) {
        write(flipped(wal, at));
        CHECK(records() == 19);
      }
      write(wal.substr(0, at));
      const auto whole = std::upper_bound(ends.begin(), ends.end(), at) - ends.begin();
      CHECK(records() == static_cast<std::size_t>(whole));
    }
  }
}

TEST_CASE("A transaction larger than the memory for pages is whole after a crash, or left out", "[store]") {
  Numbers numbers;
  const auto after_crash = [&] {
    Numbers copy;
    fs::copy(numbers.files.database, copy.files.database);
    fs::copy(numbers.files.wal(), copy.files.wal());
    std::int64_t sum = -1;
    copy.work([&](OwnedDatabase& database) {
      CHECK(database.connection().execAndGet("PRAGMA integrity_check").getString() == "ok");
      sum = database.connection().execAndGet("SELECT sum(n) FROM number").getInt64();
    });
    return sum;
  };
  numbers.work([&](OwnedDatabase& database) {
    const auto run = [&](const char* sql) {
      SQLite::Statement statement(database.connection(), sql);
      database.begin();
      database.run(statement);
    };
    run("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 600)"
        " INSERT INTO number SELECT i, 0, randomblob(900) FROM c");
    database.commit();
    const auto frames = [&] { return fs::file_size(numbers.files.wal()) / kFrameSize; };
    for (int round = 1; round <= 3; ++round) {
      // Pages that do not fit into memory go to the -wal before the commit, and there again.
      for (int i = 0; i < 3; ++i) run("UPDATE number SET n = n + 1");
      const auto before = frames();
      CHECK(before > 150);
      CHECK(after_crash() == (round - 1) * 600 * 3);
      database.commit();
      CHECK(after_crash() == round * 600 * 3);
      run("UPDATE number SET n = n + 1000");
      CHECK(after_crash() == round * 600 * 3);
      database.abandon();
    }
    CHECK(database.connection().execAndGet("SELECT sum(n) FROM number").getInt64() == 3 * 600 * 3);
  });
  CHECK(after_crash() == 3 * 600 * 3);
}

TEST_CASE("A copy has all that its database has, encrypted with another key", "[store]") {
  const TempFolder folder;
  const MemoryDir plain = MemoryDir::create(folder / "plain");
  const auto made = [&](const char* name) {
    return MemoryDir::create(folder / name, gives(kUserKey), kSource);
  };
  RunPaths from = plain.make_run("demo-1");
  Owner(from).write(1, 200, std::string(700, 'x'));
  const auto records = all_records(*Owner(from).journal);
  for (const MemoryDir& memory : {made("one"), made("other")}) {
    const RunPaths to = memory.make_run("demo-1");
    {
      const auto owner = try_to_own(from);
      copy_database(journal_files(from), journal_files(to), kEventProbe);
    }
    CHECK(text_of(to.journal()).find("xxx") == std::string::npos);
    Owner owner(to);
    CHECK(all_records(*owner.journal) == records);
    owner.journal.reset();
    OwnedDatabase database(journal_files(to), kEventProbe);
    CHECK(database.connection().execAndGet("PRAGMA integrity_check").getString() == "ok");
    from = to;
  }
}

TEST_CASE("A page with something where its seal belongs is not written", "[store]") {
  Page page = {};
  page.back() = 'x';
  CHECK_FALSE(close_page(page.data(), 2, kUserKey));
  Frame frame = {};
  frame.back() = 'x';
  CHECK_FALSE(close_frame(frame, kUserKey));
}

TEST_CASE("A file in parts opens whole, and neither changed nor cut", "[store]") {
  const TempFolder folder;
  const auto sealed = [&](const std::string& text, std::size_t step) {
    std::string bytes;
    const auto write = [&](std::string_view part) { bytes += part; };
    SealedParts parts(kUserKey, "1.1.txt");
    for (std::size_t at = 0; at < text.size(); at += step) parts.add(text.substr(at, step), write);
    parts.finish(write);
    return bytes;
  };
  const auto opened = [&](const std::string& bytes, const std::string& what = "1.1.txt") {
    folder.write("file", bytes);
    const Fd plain = open_sealed(open_existing(folder / "file", O_RDONLY), kUserKey, what);
    return plain ? read_all(plain.get(), "a test") : "nothing";
  };
  for (const std::size_t size : {0, 1, 65535, 65536, 65537, 131072, 200000}) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
    const std::string bytes = sealed(text, 7000);
    CHECK(bytes.size() <= size + 40 * (size / 65536 + 1));
    CHECK(opened(bytes) == text);
    CHECK(opened(bytes, "1.2.txt") == "nothing");
    for (const std::size_t at : {std::size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
      CHECK(opened(flipped(bytes, at)) == "nothing");
      CHECK(opened(bytes.substr(0, at)) == "nothing");
    }
    if (size > 65536) CHECK(opened(bytes.substr(0, 65576)) == "nothing");
    if (size > 65536) CHECK(opened(bytes.substr(65576)) == "nothing");
    CHECK(opened(bytes + "x") == "nothing");
  }
}

TEST_CASE("An encrypted directory opens with its key alone, wherever that is", "[store]") {
  const SealedGround ground;
  const fs::path path = ground.memory.path();
  Owner(ground.paths).write(1, 3);
  CHECK_THAT(text_of(path / "FORMAT"),
             ContainsSubstring("agentd memory 2\n{\"key_env\":\"USER_KEY\",\"key_id\":\"" + kUserKey.id()));
  std::string asked;
  const auto find = [&](const EncryptionSetup& source) { return asked = source.key_env, kUserKey; };
  CHECK(MemoryDir::look(path, find).key() == ground.memory.key());
  CHECK(asked == "USER_KEY");
  CHECK(MemoryDir::create(path, find, {.key_file = "/elsewhere"}).key() == ground.memory.key());
  const FindKey other = gives(kOtherKey);
  const std::string refused = path.string() + " is encrypted with the key " + kUserKey.id() +
                              ", and this is the key " + kOtherKey.id() + ": give the other one";
  CHECK(error_of([&] { MemoryDir::look(path, other); }) == refused);
  CHECK(error_of([&] { MemoryDir::create(path, other); }) == refused);
  CHECK(error_of([&] { MemoryDir::create(path, other, kSource); }) == refused);
  CHECK_THAT(error_of([&] { MemoryDir::look(path); }), ContainsSubstring("is encrypted: give its key"));
  CHECK(ground.memory.key() != kUserKey);

  const fs::path plain = ground.temporary.path() / "plain";
  MemoryDir::create(plain);
  CHECK_THAT(error_of([&] { MemoryDir::create(plain, gives(kUserKey), kSource); }),
             ContainsSubstring("plain is not encrypted, as the task wants it"));
  CHECK_THAT(error_of([&] { MemoryDir::encrypt(plain, gives(kUserKey), kSource, kUserKey); }),
             ContainsSubstring("is not encrypted, and has been written to"));
}

TEST_CASE("With another key in the place of the first, all stays readable, and the first is worth nothing",
          "[store]") {
  const SealedGround ground;
  const fs::path path = ground.memory.path();
  Owner(ground.paths).write(1, 3);
  CHECK_THAT(error_of([&] { MemoryDir::encrypt(path, gives(kOtherKey), {.key_file = "/k"}, kOtherKey); }),
             ContainsSubstring("is encrypted with the key"));
  MemoryDir::encrypt(path, gives(kUserKey), {.key_file = "/k"}, kOtherKey);
  CHECK_THAT(error_of([&] { MemoryDir::look(path, gives(kUserKey)); }), ContainsSubstring(kOtherKey.id()));
  const MemoryDir memory = MemoryDir::look(path, gives(kOtherKey));
  CHECK(all_records(*Owner(memory.run("zebrafinch-1")).journal).size() == 3);
  CHECK(list_folder(path) == std::vector<std::string>{"FORMAT", "runs"});
}

TEST_CASE("A FORMAT that is damaged is named", "[store]") {
  const SealedGround ground;
  const fs::path format = ground.memory.path() / "FORMAT";
  const std::string whole = text_of(format);
  for (const std::string& text :
       {whole.substr(0, 30), whole.substr(0, whole.size() - 8), std::string("agentd memory 2\n"),
        std::string("agentd memory 2\n[]\n"), std::string("agentd memory 2\n{\"key_id\":\"x\"}")}) {
    write_text(format, text);
    CHECK_THAT(error_of([&] { MemoryDir::look(ground.memory.path(), gives(kUserKey)); }),
               ContainsSubstring("FORMAT file whose second line is damaged"));
  }
}
