#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/event.h"

// What the journal and its snapshots share: the database with the one table `event`. For core/store alone.

namespace agentd {

/// The bytes of a journal.db without records, in WAL mode.
std::string empty_database();

/// Throws Error(Storage) if this is another program's database, or a newer agentd's.
void check_identity(SQLite::Database& database, const std::filesystem::path& journal);

/// Streams the records after `since`; throws Error(Storage) at a gap or a record that cannot be read.
void read_events(SQLite::Database& database, const std::filesystem::path& journal, std::int64_t since,
                 const std::function<void(Record)>& each);

/// The last record; none where there are no records. Throws Error(Storage) if it cannot be read.
std::optional<Record> read_last_event(SQLite::Database& database, const std::filesystem::path& journal);

/// What the system answered to the last call of SQLite's that failed; 0: it was none.
int last_errno(const SQLite::Database& database);
/// Turns SQLite's failure into a sentence about `journal`.
[[noreturn]] void throw_error(const SQLite::Exception& failure, int error,
                              const std::filesystem::path& journal);
/// The disk, or the user's share of it, is full.
bool is_full(const SQLite::Exception& failure, int error);
/// SQLite's words and the system's.
std::string cause_of(const SQLite::Exception& failure, int error);

}  // namespace agentd
