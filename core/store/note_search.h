#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <vector>

#include "core/notes.h"
#include "core/store/vector_table.h"

namespace agentd {

/// See Notes::find. For core/store alone.
std::vector<Note> find_notes(SQLite::Database& database, const NoteQuery& query, std::int64_t now_ms,
                             VectorsInMemory& vectors);

}  // namespace agentd
