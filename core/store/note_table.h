#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <optional>
#include <string>

#include "core/notes.h"
#include "core/store/owned_database.h"

// The tables of a namespace. For core/store alone.

namespace agentd {

/// Of a NAMESPACE.db.
std::string note_schema();

/// See check_identity.
constexpr const char* kNoteProbe =
    "SELECT id, text, tags, path, run, step, task, created_ms, expires_ms, importance, supersedes,"
    " superseded_by, key FROM note LIMIT 0";

/// What a statement selects to be read by note_from, from the table `note`.
constexpr const char* kNoteColumns =
    " note.id, text, tags, path, run, step, task, created_ms, expires_ms, importance, supersedes, "
    "superseded_by ";
Note note_from(const SQLite::Statement& row);
/// What it is found by, see search_words.
std::string words_of(const Note& note);
std::string tags_json(const std::vector<std::string>& tags);

/// The first note for which `condition`, with its one ?, holds; expired or not.
std::optional<Note> note_where(SQLite::Database& database, const std::string& condition, std::int64_t value);
std::optional<Note> note_where(SQLite::Database& database, const std::string& condition,
                               const std::string& value);

// Each takes part in the open transaction.

/// Returns its id.
std::int64_t insert_note(OwnedDatabase& database, const Note& note, const std::string& key);
void supersede(OwnedDatabase& database, const Note& old, std::int64_t by);
/// Leaves a tombstone: the id and the time.
void erase_note(OwnedDatabase& database, const Note& note, std::int64_t now_ms);
/// Makes the index anew where another agentd made its words.
void refresh_words(OwnedDatabase& database);

}  // namespace agentd
