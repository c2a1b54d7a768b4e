#include "core/store/owned_database.h"

#include <SQLiteCpp/Backup.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "core/error.h"
#include "core/store/files.h"
#include "core/store/sealed_vfs.h"
#include "core/store/sqlite_failure.h"

// Why exclusive WAL: no other mode of SQLite is safe when an owner freezes, loses its NFS lease and thaws.
// See Ownership for the lock that makes the kernel refuse its writes; here such an owner gets out without
// touching anything by name.

namespace agentd {
namespace fs = std::filesystem;
namespace {

constexpr int kApplicationId = 0x61677464;  // "agtd"
constexpr int kFormat = 1;
/// The two bytes of the header that say: read and write this through a -wal.
constexpr std::size_t kModeOffset = 18;
constexpr char kWalMode = 2;

/// A killed owner's locks go one after the other: this long is waited for SQLite's own.
constexpr int kBusyMs = 1000;

struct Setting {
  const char* name;
  const char* value;
  const char* reads_back;
};
/// Before the first access: after it SQLite would share the -wal's index through memory.
constexpr Setting kLocking = {"locking_mode", "EXCLUSIVE", "exclusive"};
constexpr std::array kSettings = {
    Setting{"journal_mode", "WAL", "wal"}, Setting{"synchronous", "FULL", "2"},
    Setting{"mmap_size", "0", "0"},        Setting{"temp_store", "MEMORY", "2"},
    Setting{"cache_size", "-256", "-256"}, Setting{"wal_autocheckpoint", "1000", "1000"}};

struct stat stat_of(const fs::path& path) {
  struct stat found = {};
  if (::stat(path.c_str(), &found) != 0) throw_errno("look at", path, errno);
  return found;
}

/// SQLite deletes the -wal of an empty database: never let it see one.
void require_content(const OwnedFiles& files) {
  const Fd file = open_existing(files.database, O_RDWR);
  if (!file) throw_errno("open", files.database, errno);
  check_sealed(files.database, file.get(), files.key);
  if (stat_of(files.database).st_size == 0) {
    throw Error(Exit::Storage, files.database.string() + " is empty: put back a backup of it, or remove " +
                                   files.remnants + " to start over");
  }
}

void set(SQLite::Database& database, const Setting& setting) {
  const std::string pragma = std::string("PRAGMA ") + setting.name;
  database.exec(pragma + "=" + setting.value);
  const std::string found = database.execAndGet(pragma).getString();
  if (found == setting.reads_back) return;
  throw Error(Exit::Storage, "this SQLite cannot keep a run safely: " + pragma + " is '" + found +
                                 "' instead of '" + setting.reads_back + "'; install SQLite 3.37 or newer");
}

/// Closing must never unlink the -wal, which by then may be another owner's, nor write to a foreign database.
void make_closing_harmless(SQLite::Database& database) {
  int persist = 1;
  database.check(sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_PERSIST_WAL, &persist));
  database.check(sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr));
}

SQLite::Database open_database(const OwnedFiles& files, const char* probe) {
  require_content(files);
  SQLite::Database database = open_file(files.database, files.key, kBusyMs);
  try {
    make_closing_harmless(database);
    set(database, kLocking);
    check_identity(database, files.database, probe);
    for (const Setting& setting : kSettings) set(database, setting);
    return database;
  } catch (const SQLite::Exception& failure) {
    throw_error(failure, last_errno(database), files.database);
  }
}

/// The bytes of a database in memory, as its file is to be.
std::string image_of(SQLite::Database& database, const std::optional<DataKey>& key) {
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, decltype(&sqlite3_free)> image(
      sqlite3_serialize(database.getHandle(), "main", &size, 0), sqlite3_free);
  if (!image) throw std::bad_alloc();
  std::string bytes(reinterpret_cast<const char*>(image.get()), static_cast<std::size_t>(size));
  bytes[kModeOffset] = bytes[kModeOffset + 1] = kWalMode;
  return key ? sealed_image(std::move(bytes), *key) : bytes;
}

[[noreturn]] void leave_database(const fs::path& database, const std::string& why) {
  const std::string text = "agentd: cannot go on writing " + database.string() + " (" + why +
                           "), as when another owner took the run over: stopped at once\n";
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
  ::_exit(static_cast<int>(Exit::Storage));
}

}  // namespace

std::string database_image(const std::string& schema, const std::optional<DataKey>& key) {
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE);
  if (key) reserve_for_seals(database);
  database.exec("PRAGMA application_id=" + std::to_string(kApplicationId) +
                ";PRAGMA user_version=" + std::to_string(kFormat) + ";" + schema);
  return image_of(database, key);
}

void check_identity(SQLite::Database& database, const fs::path& file, const char* probe) {
  if (database.execAndGet("PRAGMA application_id").getInt() != kApplicationId) {
    throw Error(Exit::Storage, file.string() + " is a database of another program: move it away, or choose " +
                                   "another --memory DIR");
  }
  const int format = database.execAndGet("PRAGMA user_version").getInt();
  if (format > kFormat) {
    throw Error(Exit::Storage, file.string() + " was written by a newer agentd (format " +
                                   std::to_string(format) + ", this one knows " + std::to_string(kFormat) +
                                   "): update agentd");
  }
  if (format < kFormat) throw_damaged(file, "format " + std::to_string(format));
  database.exec(probe);
}

void create_database(const OwnedFiles& files) {
  if (!publish(files.database, database_image(files.schema(), files.key)))
    leave_database(files.database, "somebody else made it first");
  // The folder is as new as the database.
  sync_folder(files.database.parent_path().parent_path());
}

void copy_database(const OwnedFiles& from, const OwnedFiles& to, const char* probe) try {
  OwnedDatabase source(from, probe);
  SQLite::Database copy(":memory:", SQLite::OPEN_READWRITE);
  copy.exec("PRAGMA temp_store=MEMORY");
  SQLite::Backup(copy, source.connection()).executeStep();
  reserve_for_seals(copy);
  copy.exec("VACUUM");  // gives each page its room
  publish(to.database, image_of(copy, to.key));
} catch (const SQLite::Exception& failure) {
  throw_error(failure, 0, from.database);
}

OwnedDatabase::OwnedDatabase(const OwnedFiles& files, const char* probe, std::int64_t wal_kept) try
    : files_(files),
      wal_kept_(wal_kept),
      wal_file_(stat_of(files.wal())),
      database_(open_database(files, probe)),
      database_file_(stat_of(files.database)),
      begin_(database_, "BEGIN IMMEDIATE"),
      commit_(database_, "COMMIT") {
  require_names();
} catch (const SQLite::Exception& failure) {
  throw_error(failure, 0, files.database);
}

/// What is checkpointed here is read by the plain sqlite3 shell, and leaves no -wal to go through at the next
/// start.
OwnedDatabase::~OwnedDatabase() {
  try {
    abandon();
    struct stat wal = {};
    if (::stat(files_.wal().c_str(), &wal) != 0 || wal.st_size > wal_kept_) checkpoint();
  } catch (const SQLite::Exception& failure) {
    // A full disk keeps the -wal: nothing is lost, the next owner checkpoints.
    leave_unless_full(failure);
  }
}

bool OwnedDatabase::in_transaction() const {
  return sqlite3_get_autocommit(database_.getHandle()) == 0;
}

void OwnedDatabase::begin() {
  if (in_transaction()) return;
  require_names();
  run(begin_);
}

/// On a full disk everything since the last commit is gone, and the database can be used again. Any other
/// failure to write may mean that we are not the owner: rolling back or closing could harm the one who is.
void OwnedDatabase::run(SQLite::Statement& statement) {
  try {
    statement.exec();
    statement.reset();
  } catch (const SQLite::Exception& failure) {
    leave_unless_full(failure);
    statement.tryReset();
    abandon();
    throw Error(Exit::Storage, full_sentence(files_.database));
  }
}

void OwnedDatabase::commit() {
  if (in_transaction()) run(commit_);
}

void OwnedDatabase::abandon() {
  if (in_transaction() && database_.tryExec("ROLLBACK") != SQLITE_OK) leave("no way back");
}

void OwnedDatabase::checkpoint() {
  database_.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

void OwnedDatabase::leave(const std::string& why) const {
  leave_database(files_.database, why);
}

void OwnedDatabase::fail_reading(const SQLite::Exception& failure) const {
  if ((failure.getErrorCode() & 0xFF) == SQLITE_IOERR) leave_unless_full(failure);
  throw_error(failure, last_errno(database_), files_.database);
}

/// Locks belong to files, not to names: whoever replaced or removed the files left us writing into nothing.
void OwnedDatabase::require_names() const {
  struct stat database = {}, wal = {};
  if (::stat(files_.database.c_str(), &database) != 0 || ::stat(files_.wal().c_str(), &wal) != 0 ||
      !is_same_file(database, database_file_) || !is_same_file(wal, wal_file_)) {
    leave("its files were removed or replaced");
  }
}

void OwnedDatabase::leave_unless_full(const SQLite::Exception& failure) const {
  const int error = last_errno(database_);
  if (!is_full(failure, error)) leave(cause_of(failure, error));
}

}  // namespace agentd
