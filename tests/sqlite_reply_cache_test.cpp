#include "core/store/sqlite_reply_cache.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/stat.h>

#include <chrono>

#include "core/store/memory_dir.h"
#include "tests/support/catch.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

namespace agentd {
namespace {

namespace fs = std::filesystem;
using Found = std::optional<std::string>;

struct Ground {
  TempFolder folder;
  fs::path file = folder / "cache.db";
  std::unique_ptr<ReplyCache> cache = make_sqlite_reply_cache(file, 1 << 20);
};

/// What a new cache on the same file finds.
Found find_anew(const fs::path& file, const std::string& key) {
  return make_sqlite_reply_cache(file)->find(key, 1);
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  return names;
}

}  // namespace

TEST_CASE("what was kept is found by its key, byte for byte, also by another process", "[cache]") {
  Ground ground;
  CHECK(ground.cache->find("a", 1) == std::nullopt);
  CHECK(names_in(ground.folder.path()).empty());
  const std::string odd("\0\xff'\"\n", 5);
  ground.cache->keep("a", "one", 10);
  ground.cache->keep("b", odd, 10);
  ground.cache->keep("empty", "", 10);
  CHECK(find_anew(ground.file, "a") == "one");
  CHECK(find_anew(ground.file, "b") == odd);
  CHECK(find_anew(ground.file, "empty") == "");
  CHECK(find_anew(ground.file, "c") == std::nullopt);
  ground.cache->keep("a", "two", 10);
  CHECK(find_anew(ground.file, "a") == "two");
}

TEST_CASE("nothing is held between calls, and the file is its owner's alone", "[cache]") {
  Ground ground;
  ground.cache->keep("a", "one", 10);
  CHECK(names_in(ground.folder.path()) == std::vector<std::string>{"cache.db"});
  struct stat found = {};
  REQUIRE(::stat(ground.file.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777U) == 0600);
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    CHECK(fs::read_symlink(entry.path(), gone) != ground.file);
  }
  CHECK(MemoryDir::create(ground.folder / "memory").cache() == ground.folder / "memory/cache.db");
}

TEST_CASE("an expired reply is not found, and is gone with the next that is kept", "[cache]") {
  Ground ground;
  ground.cache->keep("a", "one", 10);
  CHECK(ground.cache->find("a", 9) == "one");
  CHECK(ground.cache->find("a", 10) == std::nullopt);
  ground.cache->keep("b", "two", 100);
  SQLite::Database database(ground.file.string());
  CHECK(database.execAndGet("SELECT group_concat(key) FROM reply").getString() == "b");
}

TEST_CASE("the oldest go where there is no room", "[cache]") {
  Ground ground;
  const std::string large(100'000, 'x');
  for (int i = 0; i < 30; ++i) ground.cache->keep(std::to_string(i), large + std::to_string(i), 10);
  CHECK(find_anew(ground.file, "0") == std::nullopt);
  CHECK(find_anew(ground.file, "18") == std::nullopt);
  for (int i = 22; i < 30; ++i) CHECK(find_anew(ground.file, std::to_string(i)) == large + std::to_string(i));
  CHECK(fs::file_size(ground.file) < 1'400'000);
  ground.cache->keep("huge", std::string(2'000'000, 'x'), 10);
  CHECK(find_anew(ground.file, "huge") == std::nullopt);
  CHECK(find_anew(ground.file, "29") != std::nullopt);
}

TEST_CASE("a row that is not as it was written is not found", "[cache]") {
  Ground ground;
  ground.cache->keep("a", "one", 10);
  ground.cache->keep("b", "two", 10);
  SQLite::Database(ground.file.string(), SQLite::OPEN_READWRITE)
      .exec("UPDATE reply SET value = 'uno' WHERE key = 'a'");
  CHECK(find_anew(ground.file, "a") == std::nullopt);
  CHECK(find_anew(ground.file, "b") == "two");
}

TEST_CASE("a damaged cache is a miss, whatever is damaged, and works again after the next reply", "[cache]") {
  Ground ground;
  for (int i = 0; i < 40; ++i) ground.cache->keep(std::to_string(i), std::string(3000, 'x'), 10);
  const std::string good = ground.folder.read("cache.db");
  std::vector<std::string> damaged = {
      "", "no database", std::string(10'000, 'x'), good.substr(0, 5000), good.substr(0, 100), good + "rest"};
  for (std::size_t at = 0; at < good.size(); at += 4999) {
    damaged.push_back(good);
    for (std::size_t i = at; i < std::min(at + 40, good.size()); ++i)
      damaged.back()[i] = static_cast<char>(0xff);
  }
  for (const std::string& content : damaged) {
    ground.folder.write("cache.db", content);
    for (int i = 0; i < 40; i += 13) {
      const Found found = ground.cache->find(std::to_string(i), 1);
      CHECK((!found || *found == std::string(3000, 'x')));
    }
    ground.cache->keep("new", "value", 10);
    ground.cache->keep("new", "value", 10);
    CHECK(ground.cache->find("new", 1) == "value");
  }
  ground.folder.write("cache.db", "");
  SQLite::Database(ground.file.string(), SQLite::OPEN_READWRITE).exec("CREATE TABLE reply(other)");
  CHECK(ground.cache->find("a", 1) == std::nullopt);
  ground.cache->keep("a", "one", 10);
  CHECK(ground.cache->find("a", 1) == "one");
}

TEST_CASE("a folder that cannot be written, or is none, is a miss", "[cache]") {
  Ground ground;
  ground.cache->keep("a", "one", 10);
  fs::permissions(ground.folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  const Ended ended = run_apart([&] {
    if (::getuid() == 0 && ::setuid(65534) != 0) throw std::runtime_error("no other user");
    ground.cache->keep("b", "two", 10);
    expect(!ground.cache->find("b", 1), "nothing was kept");
  });
  CHECK(ended.errors == "");
  CHECK(ended.status == 0);
  fs::permissions(ground.folder.path(), fs::perms::owner_all);
  CHECK(find_anew(ground.file, "a") == "one");

  for (const fs::path& file : {ground.folder / "none/cache.db", ground.file / "cache.db",
                               ground.folder.path(), fs::path("/dev/full")}) {
    const auto cache = make_sqlite_reply_cache(file);
    cache->keep("a", "one", 10);
    CHECK(cache->find("a", 1) == std::nullopt);
  }
  CHECK(fs::is_directory(ground.folder.path()));
}

TEST_CASE("a cache that somebody has locked is a miss after a while", "[cache]") {
  Ground ground;
  ground.cache->keep("a", "one", 10);
  SQLite::Database other(ground.file.string(), SQLite::OPEN_READWRITE);
  other.exec("BEGIN EXCLUSIVE");
  const auto began = std::chrono::steady_clock::now();
  CHECK(ground.cache->find("a", 1) == std::nullopt);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));
  other.exec("ROLLBACK");
  CHECK(ground.cache->find("a", 1) == "one");
}

TEST_CASE("two processes use one cache at once", "[cache]") {
  Ground ground;
  const auto work = [&](const std::string& who) {
    const auto cache = make_sqlite_reply_cache(ground.file);
    for (int i = 0; i < 40; ++i) {
      const std::string key = who + std::to_string(i);
      cache->keep(key, key + " value", 10);
      expect(cache->find(key, 1) == key + " value", key);
      cache->keep("shared", std::string(5000, who[0]), 10);
      const Found shared = cache->find("shared", 1);
      expect(shared == std::string(5000, 'a') || shared == std::string(5000, 'b'), "whole");
    }
  };
  Child one([&](const Line&) { work("a"); });
  Child two([&](const Line&) { work("b"); });
  CHECK(one.wait() == 0);
  CHECK(two.wait() == 0);
  CHECK(find_anew(ground.file, "a39") == "a39 value");
  CHECK(find_anew(ground.file, "b0") == "b0 value");
}

}  // namespace agentd
