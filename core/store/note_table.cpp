#include "core/store/note_table.h"

#include <nlohmann/json.hpp>

#include "core/search_words.h"
#include "core/store/vector_table.h"
#include "core/text.h"

// The index has no copy of the texts: to take a note out, the very words that were put in are made again, so
// it knows which version of search_words made them.

namespace agentd {

namespace {

constexpr const char* kSchema =
    "CREATE TABLE note(id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, tags TEXT NOT NULL,"
    " path TEXT NOT NULL, run TEXT NOT NULL, step INTEGER NOT NULL, task TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, expires_ms INTEGER, importance REAL NOT NULL,"
    " supersedes INTEGER NOT NULL, superseded_by INTEGER NOT NULL DEFAULT 0, key TEXT UNIQUE,"
    " digest TEXT NOT NULL) STRICT;"
    "CREATE INDEX note_path ON note(path) WHERE path <> '';"
    "CREATE INDEX note_digest ON note(digest);"
    "CREATE INDEX note_created ON note(created_ms);"
    "CREATE TABLE forgotten(id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT;"
    "CREATE TABLE setting(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
    "CREATE VIRTUAL TABLE note_words USING fts5(words, content='',"
    " tokenize=\"porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\");";

void index(OwnedDatabase& database, const Note& note) {
  SQLite::Statement insert(database.connection(), "INSERT INTO note_words(rowid, words) VALUES(?, ?)");
  insert.bind(1, note.id);
  insert.bind(2, words_of(note));
  database.run(insert);
}

void leave_index(OwnedDatabase& database, const Note& note) {
  SQLite::Statement remove(database.connection(),
                           "INSERT INTO note_words(note_words, rowid, words) VALUES('delete', ?, ?)");
  remove.bind(1, note.id);
  remove.bind(2, words_of(note));
  database.run(remove);
}

template <class Value>
std::optional<Note> first_note(SQLite::Database& database, const std::string& condition, const Value& value) {
  SQLite::Statement row(database, std::string("SELECT") + kNoteColumns + "FROM note WHERE " + condition);
  row.bind(1, value);
  if (!row.executeStep()) return std::nullopt;
  return note_from(row);
}

}  // namespace

std::string words_of(const Note& note) {
  std::string text = note.text;
  for (const std::string& tag : note.tags) text.append("\n").append(tag);
  return search_words(text + "\n" + note.path);
}

std::string note_schema() {
  return std::string(kSchema).append(kVectorSchema);
}

Note note_from(const SQLite::Statement& row) {
  const auto text = [&](int column) { return row.getColumn(column).getString(); };
  const auto number = [&](int column) { return row.getColumn(column).getInt64(); };
  Note note{.id = number(0),
            .text = text(1),
            .path = text(3),
            .run = text(4),
            .step = number(5),
            .task = text(6),
            .created_ms = number(7),
            .importance = row.getColumn(9).getDouble(),
            .supersedes = number(10),
            .superseded_by = number(11)};
  for (const auto& tag : nlohmann::json::parse(text(2), nullptr, false))
    if (tag.is_string()) note.tags.push_back(tag);
  if (!row.getColumn(8).isNull()) note.expires_ms = number(8);
  return note;
}

std::string tags_json(const std::vector<std::string>& tags) {
  return nlohmann::json(tags).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<Note> note_where(SQLite::Database& database, const std::string& condition, std::int64_t value) {
  return first_note(database, condition, value);
}

std::optional<Note> note_where(SQLite::Database& database, const std::string& condition,
                               const std::string& value) {
  return first_note(database, condition, value);
}

std::int64_t insert_note(OwnedDatabase& database, const Note& note, const std::string& key) {
  SQLite::Statement insert(
      database.connection(),
      "INSERT INTO note(text, tags, path, run, step, task, created_ms, expires_ms,"
      " importance, supersedes, key, digest) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, note.text);
  insert.bind(2, tags_json(note.tags));
  insert.bind(3, note.path);
  insert.bind(4, note.run);
  insert.bind(5, note.step);
  insert.bind(6, note.task);
  insert.bind(7, note.created_ms);
  if (note.expires_ms) insert.bind(8, *note.expires_ms);
  insert.bind(9, note.importance);
  insert.bind(10, note.supersedes);
  if (!key.empty()) insert.bind(11, key);
  insert.bind(12, hash_hex(note.text));
  database.run(insert);
  Note inserted = note;
  inserted.id = database.connection().getLastInsertRowid();
  index(database, inserted);
  return inserted.id;
}

void supersede(OwnedDatabase& database, const Note& old, std::int64_t by) {
  leave_index(database, old);
  erase_vector(database, old.id);
  SQLite::Statement update(database.connection(), "UPDATE note SET superseded_by = ? WHERE id = ?");
  update.bind(1, by);
  update.bind(2, old.id);
  database.run(update);
}

void erase_note(OwnedDatabase& database, const Note& note, std::int64_t now_ms) {
  if (note.superseded_by == 0) leave_index(database, note);
  erase_vector(database, note.id);
  SQLite::Statement remove(database.connection(), "DELETE FROM note WHERE id = ?");
  remove.bind(1, note.id);
  database.run(remove);
  SQLite::Statement mark(database.connection(), "INSERT OR REPLACE INTO forgotten(id, at_ms) VALUES(?, ?)");
  mark.bind(1, note.id);
  mark.bind(2, now_ms);
  database.run(mark);
}

void refresh_words(OwnedDatabase& database) {
  SQLite::Statement version(database.connection(), "SELECT value FROM setting WHERE name = 'words'");
  const bool is_known = version.executeStep();
  if (is_known && version.getColumn(0).getInt() == kSearchWordsVersion) return;
  version.reset();
  database.begin();
  SQLite::Statement clear(database.connection(), "INSERT INTO note_words(note_words) VALUES('delete-all')");
  database.run(clear);
  SQLite::Statement rows(database.connection(),
                         std::string("SELECT") + kNoteColumns + "FROM note WHERE superseded_by = 0");
  while (rows.executeStep()) index(database, note_from(rows));
  rows.reset();
  SQLite::Statement set(database.connection(),
                        "INSERT OR REPLACE INTO setting(name, value) VALUES('words', ?)");
  set.bind(1, kSearchWordsVersion);
  database.run(set);
}

}  // namespace agentd
