#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/stat.h>

#include <functional>
#include <string>
#include <string_view>

#include "core/store/ownership.h"

// A database that this process owns (Ownership), exclusive WAL, synchronous=FULL. For core/store alone.

namespace agentd {

/// The bytes of a database of ours in WAL mode, made by `schema`.
std::string database_image(const std::string& schema, const std::optional<DataKey>& key = {});
/// Throws Error(Storage) if this is another program's database, or a newer agentd's. `probe`: a statement
/// that fails where the tables are not those it should have.
void check_identity(SQLite::Database& database, const std::filesystem::path& file, const char* probe);
/// Makes a new, empty database in one atomic step. Its lock must be held.
void create_database(const OwnedFiles& files);

/// Copies a database to where it is encrypted; both fit into memory. The lock of `from` must be held.
void copy_database(const OwnedFiles& from, const OwnedFiles& to, const char* probe);

/// Destruction checkpoints and closes, and must come before the Ownership's; a -wal of up to `wal_kept` bytes
/// is left to the next owner, who need not sync its beginning again. When a write shows that
/// ownership was lost (EIO, ESTALE, files replaced) the process says so on stderr and exits 74 at once:
/// closing or rolling back would harm the new owner. Full disks throw Error(Storage) instead: what was
/// committed stays, what was not is gone.
class OwnedDatabase {
 public:
  OwnedDatabase(const OwnedFiles& files, const char* probe, std::int64_t wal_kept = 0);
  ~OwnedDatabase();
  OwnedDatabase(const OwnedDatabase&) = delete;
  OwnedDatabase& operator=(const OwnedDatabase&) = delete;

  SQLite::Database& connection() { return database_; }
  bool in_transaction() const;
  /// Opens a transaction, unless one is open.
  void begin();
  void run(SQLite::Statement& statement);
  void commit();
  /// Leaves out what was not committed.
  void abandon();
  /// Leaves nothing in the -wal, and nothing of what was deleted.
  void checkpoint();
  [[noreturn]] void leave(const std::string& why) const;
  /// What a failure while reading comes to.
  [[noreturn]] void fail_reading(const SQLite::Exception& failure) const;

 private:
  void require_names() const;
  void leave_unless_full(const SQLite::Exception& failure) const;

  OwnedFiles files_;
  std::int64_t wal_kept_;
  struct stat wal_file_;
  SQLite::Database database_;
  struct stat database_file_;
  SQLite::Statement begin_;
  SQLite::Statement commit_;
};

}  // namespace agentd
