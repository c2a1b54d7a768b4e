#pragma once

#include <iosfwd>
#include <string>

#include "core/notes.h"

namespace agentd {

/// All notes with their history, one JSON object a line, the oldest first.
void write_notes(Notes& notes, std::ostream& out);

/// Saves what write_notes wrote, all of it or nothing; returns how many notes that were. They get new ids;
/// those that are there already are not saved twice. Throws Error(Usage) that names the line of `file`.
std::size_t read_notes(Notes& notes, std::istream& in, const std::string& file);

}  // namespace agentd
