#include "core/store/sqlite_journal.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "core/error.h"
#include "core/store/event_table.h"
#include "core/store/files.h"

// Why exclusive WAL: no other mode of SQLite is safe when an owner freezes, loses its NFS lease and thaws.
// See Ownership for the lock that makes the kernel refuse its writes; here such an owner gets out without
// touching anything by name.

namespace agentd {
namespace fs = std::filesystem;
namespace {

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

[[noreturn]] void leave(const fs::path& journal, const std::string& why) {
  const std::string text = "agentd: cannot go on writing " + journal.string() + " (" + why +
                           "), as when another owner took the run over: stopped at once\n";
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
  ::_exit(static_cast<int>(Exit::Storage));
}

struct stat stat_of(const fs::path& path) {
  struct stat found = {};
  if (::stat(path.c_str(), &found) != 0) throw_errno("look at", path, errno);
  return found;
}

/// SQLite deletes the -wal of an empty database: never let it see one.
void require_content(const fs::path& journal) {
  const Fd file = open_existing(journal, O_RDWR);
  if (!file) throw_errno("open", journal, errno);
  if (stat_of(journal).st_size == 0) {
    throw Error(Exit::Storage, journal.string() +
                                   " is empty: put back a backup of its folder, or remove the folder " +
                                   "to start over");
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

SQLite::Database open_database(const fs::path& journal) {
  require_content(journal);
  SQLite::Database database(journal.string(), SQLite::OPEN_READWRITE, kBusyMs);
  try {
    make_closing_harmless(database);
    set(database, kLocking);
    check_identity(database, journal);
    for (const Setting& setting : kSettings) set(database, setting);
    return database;
  } catch (const SQLite::Exception& failure) {
    throw_error(failure, last_errno(database), journal);
  }
}

class SqliteJournal : public Journal {
 public:
  explicit SqliteJournal(const RunPaths& paths)
      : paths_(paths),
        wal_file_(stat_of(paths.wal())),
        database_(open_database(paths.journal())),
        journal_file_(stat_of(paths.journal())),
        begin_(database_, "BEGIN IMMEDIATE"),
        insert_(database_, "INSERT INTO event(seq, at_ms, step, kind, data) VALUES(?, ?, ?, ?, ?)"),
        commit_(database_, "COMMIT"),
        durable_(database_.execAndGet("SELECT coalesce(max(seq), 0) FROM event").getInt64()),
        last_(durable_) {
    require_names();
  }
  ~SqliteJournal() override;
  void read(const std::function<void(Record)>& each) override;
  void append(const Record& record) override;
  void commit() override;

 private:
  bool in_transaction() const { return sqlite3_get_autocommit(database_.getHandle()) == 0; }
  void require_names() const;
  void leave_unless_full(const SQLite::Exception& failure) const;
  void run(SQLite::Statement& statement);
  void abandon();

  RunPaths paths_;
  struct stat wal_file_;
  SQLite::Database database_;
  struct stat journal_file_;
  SQLite::Statement begin_;
  SQLite::Statement insert_;
  SQLite::Statement commit_;
  std::int64_t durable_;  ///< the last seq committed
  std::int64_t last_;     ///< the last seq appended
};

/// What is checkpointed here is read by the plain sqlite3 shell, and leaves no -wal to go through at the next
/// start.
SqliteJournal::~SqliteJournal() {
  try {
    abandon();
    database_.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (const SQLite::Exception& failure) {
    // A full disk keeps the -wal: nothing is lost, the next owner checkpoints.
    leave_unless_full(failure);
  }
}

void SqliteJournal::read(const std::function<void(Record)>& each) {
  try {
    read_events(database_, paths_.journal(), 0, each);
  } catch (const SQLite::Exception& failure) {
    if ((failure.getErrorCode() & 0xFF) == SQLITE_IOERR) leave_unless_full(failure);
    throw_error(failure, last_errno(database_), paths_.journal());
  }
}

void SqliteJournal::append(const Record& record) {
  if (record.seq != last_ + 1)
    leave(paths_.journal(), "seq " + std::to_string(record.seq) + " is not the next");
  if (!in_transaction()) {
    require_names();
    run(begin_);
  }
  const std::string kind(kind_of(record.event));
  const std::string data = to_json(record);
  insert_.bind(1, record.seq);
  insert_.bind(2, record.at_ms);
  insert_.bind(3, record.step);
  insert_.bindNoCopy(4, kind);
  insert_.bindNoCopy(5, data);
  run(insert_);
  last_ = record.seq;
}

void SqliteJournal::commit() {
  if (!in_transaction()) return;
  run(commit_);
  durable_ = last_;
}

/// Locks belong to files, not to names: whoever replaced or removed the files left us writing into nothing.
void SqliteJournal::require_names() const {
  struct stat journal = {}, wal = {};
  if (::stat(paths_.journal().c_str(), &journal) != 0 || ::stat(paths_.wal().c_str(), &wal) != 0 ||
      !is_same_file(journal, journal_file_) || !is_same_file(wal, wal_file_)) {
    leave(paths_.journal(), "its files were removed or replaced");
  }
}

void SqliteJournal::leave_unless_full(const SQLite::Exception& failure) const {
  const int error = last_errno(database_);
  if (!is_full(failure, error)) leave(paths_.journal(), cause_of(failure, error));
}

/// On a full disk everything since the last commit is gone, and the journal can be used again. Any other
/// failure to write may mean that we are not the owner: rolling back or closing could harm the one who is.
void SqliteJournal::run(SQLite::Statement& statement) {
  try {
    statement.exec();
    statement.reset();
  } catch (const SQLite::Exception& failure) {
    leave_unless_full(failure);
    statement.tryReset();
    abandon();
    throw Error(Exit::Storage, full_sentence(paths_.journal()));
  }
}

void SqliteJournal::abandon() {
  if (in_transaction() && database_.tryExec("ROLLBACK") != SQLITE_OK) leave(paths_.journal(), "no way back");
  last_ = durable_;
}

}  // namespace

void create_journal(const RunPaths& paths) {
  if (!publish(paths.journal(), empty_database())) {
    leave(paths.journal(), "somebody else made it first");
  }
  // The run's folder is as new as its journal.
  sync_folder(paths.folder.parent_path());
}

std::unique_ptr<Journal> open_journal(const RunPaths& paths) {
  try {
    return std::make_unique<SqliteJournal>(paths);
  } catch (const SQLite::Exception& failure) {
    throw_error(failure, 0, paths.journal());
  }
}

}  // namespace agentd
