#include "core/store/event_table.h"

#include "core/error.h"
#include "core/store/owned_database.h"
#include "core/store/sqlite_failure.h"

namespace agentd {
namespace fs = std::filesystem;
namespace {

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

std::string event_schema() {
  return "CREATE TABLE event("
         "seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, step INTEGER NOT NULL,"
         " kind TEXT NOT NULL, data TEXT NOT NULL)";
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

}  // namespace agentd
