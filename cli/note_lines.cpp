#include "cli/note_lines.h"

#include <algorithm>
#include <cstdint>
#include <istream>
#include <map>
#include <ostream>
#include <stdexcept>

#include "core/error.h"
#include "core/text.h"

namespace agentd {

namespace {

/// By the ids that the lines give them.
using NewIds = std::map<std::int64_t, std::int64_t>;

void read_note(Notes& notes, const std::string& line, NewIds& new_ids) {
  Note note = note_from_json(line);
  const std::int64_t old_id = note.id;
  const auto predecessor = new_ids.find(note.supersedes);
  note.supersedes = predecessor == new_ids.end() ? 0 : predecessor->second;
  const std::int64_t id = notes.save(note, "import " + hash_hex(line)).id;
  if (old_id != 0) new_ids[old_id] = id;
}

}  // namespace

void write_notes(Notes& notes, std::ostream& out) {
  std::vector<Note> all = notes.find({.with_history = true, .most = INT32_MAX});
  std::sort(all.begin(), all.end(), [](const Note& a, const Note& b) { return a.id < b.id; });
  for (const Note& note : all) out << note_json(note) << '\n';
}

std::size_t read_notes(Notes& notes, std::istream& in, const std::string& file) {
  NewIds new_ids;
  std::size_t number = 0, count = 0;
  notes.together([&] {
    for (std::string line; std::getline(in, line);) {
      ++number;
      if (trimmed(line).empty()) continue;
      try {
        read_note(notes, line, new_ids);
        ++count;
      } catch (const Error&) {
        throw;
      } catch (const std::runtime_error& problem) {
        throw Error(Exit::Usage,
                    file + ":" + std::to_string(number) + ": " + problem.what() + "; nothing was imported");
      }
    }
  });
  return count;
}

}  // namespace agentd
