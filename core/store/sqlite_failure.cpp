#include "core/store/sqlite_failure.h"

#include <sqlite3.h>

#include <system_error>

#include "core/error.h"
#include "core/store/files.h"

namespace agentd {
namespace fs = std::filesystem;
namespace {

int primary_code(const SQLite::Exception& failure) {
  return failure.getErrorCode() & 0xFF;
}

}  // namespace

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

void throw_damaged(const fs::path& file, const std::string& what) {
  const std::string whole = file.filename() == "journal.db" ? "its folder" : "it";
  throw Error(Exit::Storage, file.string() + " is damaged (" + what +
                                 "): try once more, then put back a backup of " + whole + ", or remove " +
                                 (whole == "it" ? whole : "the folder") + " to start over");
}

void throw_error(const SQLite::Exception& failure, int error, const fs::path& file) {
  if (is_full(failure, error)) throw Error(Exit::Storage, full_sentence(file));
  switch (primary_code(failure)) {
    case SQLITE_NOTADB:
      throw_damaged(file, "not a database");
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:
      throw_damaged(file, failure.what());
    case SQLITE_BUSY:
      throw Error(Exit::Storage, file.string() +
                                     " is held open by another program, such as the sqlite3 shell: " +
                                     "close it, then run the same command again");
    default:
      throw Error(Exit::Storage, "cannot use " + file.string() + ": " + cause_of(failure, error) +
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
