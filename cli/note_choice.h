#pragma once

#include <string>
#include <vector>

#include "cli/args.h"
#include "core/notes.h"

namespace agentd {

std::string listed(const std::vector<std::string>& names);

/// The numbers that a command line names notes by. Throws Error(Usage) for a word that is none.
std::vector<std::int64_t> note_ids(const Args& args);

/// By tag and age, for a search.
NoteQuery note_query(const Args& args, std::int64_t now_ms);
/// By tag, age and subject, newest first.
std::vector<Note> chosen_notes(Notes& notes, const Args& args, std::int64_t now_ms);
/// By id or as chosen_notes, each with all that it took the place of, and that took its own. Throws
/// Error(Usage) where nothing says which.
std::vector<Note> notes_to_forget(Notes& notes, const Args& args, std::int64_t now_ms);

}  // namespace agentd
