#include "cli/note_choice.h"

#include <algorithm>
#include <map>

#include "core/error.h"

namespace agentd {

namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw Error(Exit::Usage, message);
}

char lowered(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool is_about(const Note& note, const std::string& subject) {
  const std::string all = note.text + "\n" + listed(note.tags) + "\n" + note.path;
  const auto is_same = [](char a, char b) { return lowered(a) == lowered(b); };
  return std::search(all.begin(), all.end(), subject.begin(), subject.end(), is_same) != all.end();
}

std::vector<Note> with_lines(Notes& notes, std::vector<std::int64_t> ids) {
  std::map<std::int64_t, Note> all, found;
  for (const Note& note : notes.find({.with_history = true, .most = INT32_MAX})) all[note.id] = note;
  while (!ids.empty()) {
    const auto note = all.find(ids.back());
    if (note == all.end()) refuse("there is no note " + std::to_string(ids.back()));
    ids.pop_back();
    if (!found.insert(*note).second) continue;
    for (const std::int64_t next : {note->second.supersedes, note->second.superseded_by})
      if (all.contains(next)) ids.push_back(next);
  }
  std::vector<Note> lines;
  for (const auto& [id, note] : found) lines.push_back(note);
  return lines;
}

}  // namespace

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

std::vector<std::int64_t> note_ids(const Args& args) {
  std::vector<std::int64_t> ids;
  for (const std::string& word : args.note.words) {
    if (word.empty() || word.size() > 15 || word.find_first_not_of("0123456789") != std::string::npos)
      refuse("'" + word + "' is no note: they have numbers; see agentd memory list");
    ids.push_back(std::stoll(word));
  }
  return ids;
}

NoteQuery note_query(const Args& args, std::int64_t now_ms) {
  NoteQuery query{.tags = args.note.tags, .most = INT32_MAX};
  // What others have taken the place of says it too.
  query.with_history = args.note.with_history || args.note.action == "forget";
  if (args.older_than_ms) query.until_ms = now_ms - *args.older_than_ms;
  return query;
}

std::vector<Note> chosen_notes(Notes& notes, const Args& args, std::int64_t now_ms) {
  auto chosen = notes.find(note_query(args, now_ms));
  if (args.note.subject)
    std::erase_if(chosen, [&](const Note& note) { return !is_about(note, *args.note.subject); });
  if (args.note.limit) chosen.resize(std::min(chosen.size(), static_cast<std::size_t>(*args.note.limit)));
  return chosen;
}

std::vector<Note> notes_to_forget(Notes& notes, const Args& args, std::int64_t now_ms) {
  std::vector<std::int64_t> ids = note_ids(args);
  const bool has_filter = !args.note.tags.empty() || args.note.subject || args.older_than_ms;
  if (!ids.empty() && has_filter) refuse("forget: give ids, or --tag, --subject, --older-than");
  if (ids.empty() && !has_filter && !args.note.name)
    refuse("forget: give ids, --tag, --subject or --older-than; --namespace NAME alone forgets all of it");
  if (ids.empty())
    for (const Note& note : chosen_notes(notes, args, now_ms)) ids.push_back(note.id);
  return with_lines(notes, std::move(ids));
}

}  // namespace agentd
