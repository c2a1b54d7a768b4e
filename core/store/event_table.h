#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/event.h"

// What the journal and its snapshots share: the database with the one table `event`. For core/store alone.

namespace agentd {

/// Of a journal.db.
std::string event_schema();

/// See check_identity.
constexpr const char* kEventProbe = "SELECT seq, at_ms, step, kind, data FROM event LIMIT 0";

/// Streams the records after `since`; throws Error(Storage) at a gap or a record that cannot be read.
void read_events(SQLite::Database& database, const std::filesystem::path& journal, std::int64_t since,
                 const std::function<void(Record)>& each);

/// The last record; none where there are no records. Throws Error(Storage) if it cannot be read.
std::optional<Record> read_last_event(SQLite::Database& database, const std::filesystem::path& journal);

}  // namespace agentd
