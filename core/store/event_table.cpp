#include "core/store/event_table.h"

#include <sqlite3.h>

#include <memory>
#include <system_error>

#include "core/error.h"
#include "core/store/files.h"

namespace agentd {
namespace fs = std::filesystem;
namespace {

constexpr int kApplicationId = 0x61677464;  // "agtd"
constexpr int kFormat = 1;
/// The two bytes of the header that say: read and write this through a -wal.
constexpr std::size_t kModeOffset = 18;
constexpr char kWalMode = 2;

int primary_code(const SQLite::Exception& failure) {
  return failure.getErrorCode() & 0xFF;
}

[[noreturn]] void throw_damaged(const fs::path& journal, const std::string& what) {
  throw Error(Exit::Storage, journal.string() + " is damaged (" + what +
                                 "): try once more, then put back a backup of " +
                                 "its folder, or remove the folder to start over");
}

Record record_from(const SQLite::Statement& row, const fs::path& journal) {
  const std::int64_t seq = row.getColumn(0).getInt64();
  const auto text = [&](int column) {
    const SQLite::Column found = row.getColumn(column);
    return std::string_view(found.getText(), static_cast<std::size_t>(found.getBytes()));
  };
  try {
    return {seq, row.getColumn(1).getInt64(), row.getColumn(2).getInt64(), event_from_json(text(3), text(4))};
  } catch (const Error& error) {
    throw_damaged(journal, "seq " + std::to_string(seq) + ": " + error.what());
  }
}

}  // namespace

std::string empty_database() {
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE);
  database.exec("PRAGMA application_id=" + std::to_string(kApplicationId) +
                ";PRAGMA user_version=" + std::to_string(kFormat) +
                ";CREATE TABLE event("
                "seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, step INTEGER NOT NULL,"
                " kind TEXT NOT NULL, data TEXT NOT NULL)");
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, decltype(&sqlite3_free)> image(
      sqlite3_serialize(database.getHandle(), "main", &size, 0), sqlite3_free);
  if (!image) throw std::bad_alloc();
  std::string bytes(reinterpret_cast<const char*>(image.get()), static_cast<std::size_t>(size));
  bytes[kModeOffset] = bytes[kModeOffset + 1] = kWalMode;
  return bytes;
}

void check_identity(SQLite::Database& database, const fs::path& journal) {
  if (database.execAndGet("PRAGMA application_id").getInt() != kApplicationId) {
    throw Error(Exit::Storage, journal.string() +
                                   " is a database of another program: move it away, or choose " +
                                   "another --memory DIR");
  }
  const int format = database.execAndGet("PRAGMA user_version").getInt();
  if (format > kFormat) {
    throw Error(Exit::Storage, journal.string() + " was written by a newer agentd (format " +
                                   std::to_string(format) + ", this one knows " + std::to_string(kFormat) +
                                   "): update agentd");
  }
  if (format < kFormat) throw_damaged(journal, "format " + std::to_string(format));
  database.exec("SELECT seq, at_ms, step, kind, data FROM event LIMIT 0");
}

void read_events(SQLite::Database& database, const fs::path& journal, std::int64_t since,
                 const std::function<void(Record)>& each) {
  SQLite::Statement rows(database,
                         "SELECT seq, at_ms, step, kind, data FROM event WHERE seq > ? ORDER BY seq");
  rows.bind(1, since);
  for (std::int64_t next = since + 1; rows.executeStep(); ++next) {
    Record record = record_from(rows, journal);
    if (record.seq != next) throw_damaged(journal, "seq " + std::to_string(next) + " is missing");
    each(std::move(record));
  }
}

std::optional<Record> read_last_event(SQLite::Database& database, const fs::path& journal) {
  SQLite::Statement row(database, "SELECT seq, at_ms, step, kind, data FROM event ORDER BY seq DESC LIMIT 1");
  if (!row.executeStep()) return std::nullopt;
  return record_from(row, journal);
}

/// SQLite keeps the cause of a failed COMMIT with the file alone: the -wal's, else the database's.
int last_errno(const SQLite::Database& database) {
  for (const int which : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
    sqlite3_file* file = nullptr;
    int error = 0;
    sqlite3_file_control(database.getHandle(), "main", which, &file);
    if (file == nullptr || file->pMethods == nullptr) continue;
    file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
    if (error != 0) return error;
  }
  return sqlite3_system_errno(database.getHandle());
}

void throw_error(const SQLite::Exception& failure, int error, const fs::path& journal) {
  if (is_full(failure, error)) throw Error(Exit::Storage, full_sentence(journal));
  switch (primary_code(failure)) {
    case SQLITE_NOTADB:
      throw_damaged(journal, "not a database");
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:
      throw_damaged(journal, failure.what());
    case SQLITE_BUSY:
      throw Error(Exit::Storage, journal.string() +
                                     " is held open by another program, such as the sqlite3 shell: " +
                                     "close it, then run the same command again");
    default:
      throw Error(Exit::Storage, "cannot use " + journal.string() + ": " + cause_of(failure, error) +
                                     "; check its file system, then run the same command again");
  }
}

bool is_full(const SQLite::Exception& failure, int error) {
  return primary_code(failure) == SQLITE_FULL || (primary_code(failure) == SQLITE_IOERR && is_full(error));
}

std::string cause_of(const SQLite::Exception& failure, int error) {
  return failure.what() + (error == 0 ? "" : ": " + std::generic_category().message(error));
}

}  // namespace agentd
