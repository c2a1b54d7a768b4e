#include "core/store/sqlite_reply_cache.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sqlite3.h>

#include <algorithm>
#include <functional>

#include "core/fd.h"
#include "core/store/files.h"
#include "core/store/sqlite_failure.h"
#include "core/text.h"

// A rollback journal and ordinary locks: several hosts may share the file, and none keeps it. What that can
// lose or damage on a network file system (a host that freezes and thaws) is found by SQLite or by the digest
// of the row, and a cache may lose it.

namespace agentd {
namespace fs = std::filesystem;
namespace {

constexpr int kBusyMs = 2000;

constexpr const char* kTable =
    "CREATE TABLE IF NOT EXISTS reply(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
    " value BLOB NOT NULL, digest TEXT NOT NULL, expires_at_ms INTEGER NOT NULL)";

std::string digest_of(const std::string& key, const std::string& value, std::int64_t expires_at_ms) {
  return hash_hex(key + '\0' + std::to_string(expires_at_ms) + '\0' + value);
}

/// For its owner alone, from its first instant; SQLite gives its journal the same mode. An existing file is
/// not opened: closing it would drop the locks that another thread has on it.
void make_file(const fs::path& file) {
  const Fd made(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
}

SQLite::Database open_database(const fs::path& file) {
  SQLite::Database database(file.string(), SQLite::OPEN_READWRITE, kBusyMs);
  database.exec("PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA synchronous=NORMAL");
  return database;
}

bool is_damage(const SQLite::Exception& failure) {
  const int code = failure.getErrorCode() & 0xFF;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR || code == SQLITE_MISMATCH;
}

void remove_files(const fs::path& file) {
  std::error_code ignored;
  for (const char* end : {"", "-journal", "-wal", "-shm"}) fs::remove(file.string() + end, ignored);
}

std::int64_t bytes_in_use(SQLite::Database& database) {
  const auto pragma = [&](const char* name) {
    return database.execAndGet(std::string("PRAGMA ") + name).getInt64();
  };
  return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
}

class SqliteReplyCache final : public ReplyCache {
 public:
  SqliteReplyCache(fs::path file, std::int64_t most_bytes)
      : file_(std::move(file)), most_bytes_(most_bytes) {}

  std::optional<std::string> find(const std::string& key, std::int64_t now_ms) override {
    now_ms_ = std::max(now_ms_, now_ms);
    std::optional<std::string> value;
    attempt([&] { value = read(key, now_ms); });
    return value;
  }

  void keep(const std::string& key, const std::string& value, std::int64_t expires_at_ms) override {
    if (static_cast<std::int64_t>(value.size()) > most_bytes_ / 2) return;
    const auto write_it = [&] { write(key, value, expires_at_ms); };
    if (!attempt(write_it)) attempt(write_it);
  }

 private:
  /// False: the file was damaged, and is gone.
  bool attempt(const std::function<void()>& work) {
    try {
      work();
    } catch (const SQLite::Exception& failure) {
      if (!is_damage(failure)) return true;
      remove_files(file_);
      return false;
    } catch (const std::exception&) {  // a cache has no failures
    }
    return true;
  }

  std::optional<std::string> read(const std::string& key, std::int64_t now_ms) const {
    SQLite::Database database = open_database(file_);
    if (!database.tableExists("reply")) return std::nullopt;
    SQLite::Statement row(database, "SELECT value, digest, expires_at_ms FROM reply WHERE key = ?");
    row.bind(1, key);
    if (!row.executeStep()) return std::nullopt;
    const std::int64_t expires_at_ms = row.getColumn(2).getInt64();
    std::string value = row.getColumn(0).getString();
    if (expires_at_ms <= now_ms || row.getColumn(1).getString() != digest_of(key, value, expires_at_ms))
      return std::nullopt;
    return value;
  }

  void write(const std::string& key, const std::string& value, std::int64_t expires_at_ms) const {
    make_file(file_);
    SQLite::Database database = open_database(file_);
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    database.exec(kTable);
    SQLite::Statement expire(database, "DELETE FROM reply WHERE expires_at_ms <= ?");
    expire.bind(1, now_ms_);
    expire.exec();
    SQLite::Statement insert(
        database, "INSERT OR REPLACE INTO reply(key, value, digest, expires_at_ms) VALUES(?, ?, ?, ?)");
    insert.bind(1, key);
    insert.bind(2, value.data(), static_cast<int>(value.size()));
    insert.bind(3, digest_of(key, value, expires_at_ms));
    insert.bind(4, expires_at_ms);
    insert.exec();
    // The new row has the largest id, so it is the last to go.
    while (bytes_in_use(database) > most_bytes_ &&
           database.exec("DELETE FROM reply WHERE id = (SELECT min(id) FROM reply)") > 0) {
    }
    transaction.commit();
  }

  fs::path file_;
  std::int64_t most_bytes_;
  std::int64_t now_ms_ = 0;  ///< the latest that was heard of
};

/// Requests are known by a digest that takes the key to make, so that nobody else can guess them.
class SealedReplyCache : public ReplyCache {
 public:
  SealedReplyCache(std::unique_ptr<ReplyCache> cache, const DataKey& key)
      : cache_(std::move(cache)), key_(key) {}

  std::optional<std::string> find(const std::string& key, std::int64_t now_ms) override {
    const auto sealed = cache_->find(key_.of(key).id(), now_ms);
    return sealed ? key_.open(*sealed, key) : std::nullopt;
  }

  void keep(const std::string& key, const std::string& value, std::int64_t expires_at_ms) override {
    cache_->keep(key_.of(key).id(), key_.close(value, key), expires_at_ms);
  }

 private:
  std::unique_ptr<ReplyCache> cache_;
  DataKey key_;
};

}  // namespace

std::unique_ptr<ReplyCache> make_reply_cache(const MemoryDir& memory) {
  auto cache = make_sqlite_reply_cache(memory.cache());
  if (!memory.key()) return cache;
  return std::make_unique<SealedReplyCache>(std::move(cache), memory.key()->of("replies"));
}

std::unique_ptr<ReplyCache> make_sqlite_reply_cache(fs::path file, std::int64_t most_bytes) {
  return std::make_unique<SqliteReplyCache>(std::move(file), most_bytes);
}

/// Removing the file would be shorter, and could damage the next one: another process may be writing it.
void clear_reply_cache(const fs::path& file) try {
  if (!is_there(file)) return;
  SQLite::Database database = open_database(file);
  if (database.tableExists("reply")) database.exec("PRAGMA secure_delete=ON; DELETE FROM reply; VACUUM");
} catch (const SQLite::Exception& failure) {
  if (!is_damage(failure)) throw_error(failure, 0, file);
  remove_files(file);
}

}  // namespace agentd
