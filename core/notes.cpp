#include "core/notes.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/text.h"

namespace agentd {

namespace {

using Json = nlohmann::ordered_json;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

/// What ends a line for one reader or another: LF, CR LF, CR, VT, FF, NEL, LS, PS. 0: nothing at `at` does.
std::size_t line_end(std::string_view text, std::size_t at) {
  for (const std::string_view end :
       {"\n", "\r\n", "\r", "\v", "\f", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"})
    if (text.substr(at).starts_with(end)) return end.size();
  return 0;
}

/// A note of several lines is set in under its first; none can end the fence.
std::string inside_fence(std::string_view text) {
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const std::size_t end = line_end(text, i)) {
      safe += "\n  ";
      i += end - 1;
      continue;
    }
    safe += text[i];
    if (text.substr(i).starts_with("</")) safe += '\\';
  }
  return safe;
}

Json time_or_null(const std::optional<std::int64_t>& time_ms) {
  return time_ms ? Json(format_time(*time_ms)) : Json();
}

Json id_or_null(std::int64_t id) {
  return id == 0 ? Json() : Json(id);
}

template <class T>
T member(const Json& object, const char* key, T otherwise) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? std::move(otherwise) : found->get<T>();
}

std::optional<std::int64_t> time_member(const Json& object, const char* key) {
  const auto text = member<std::string>(object, key, "");
  if (text.empty()) return std::nullopt;
  if (const auto time = parse_time(text)) return time;
  throw std::runtime_error(std::string(key) + ": '" + text + "' is no time such as 2026-11-22T13:27:00Z");
}

}  // namespace

bool is_memory_tool(std::string_view name) {
  return name == kMemoryFiles ||
         std::find(kMemoryTools.begin(), kMemoryTools.end(), name) != kMemoryTools.end();
}

std::string note_text(const Note& note) {
  std::string text = "[" + std::to_string(note.id) + "] " + format_time(note.created_ms).substr(0, 10);
  text += note.run.empty() ? ", a person" : ", run " + note.run + " step " + std::to_string(note.step);
  if (!note.tags.empty()) text += ", tags " + joined(note.tags);
  if (!note.path.empty()) text += ", file " + note.path;
  return inside_fence(text) + ": " + inside_fence(note.text);
}

std::string note_json(const Note& note) {
  const Json object = {{"id", note.id},
                       {"text", note.text},
                       {"tags", note.tags},
                       {"path", note.path.empty() ? Json() : Json(note.path)},
                       {"run", note.run.empty() ? Json() : Json(note.run)},
                       {"step", note.run.empty() ? Json() : Json(note.step)},
                       {"task", note.task.empty() ? Json() : Json(note.task)},
                       {"created", format_time(note.created_ms)},
                       {"expires", time_or_null(note.expires_ms)},
                       {"importance", note.importance},
                       {"supersedes", id_or_null(note.supersedes)},
                       {"superseded_by", id_or_null(note.superseded_by)}};
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Note note_from_json(std::string_view json) {
  const Json object = Json::parse(json, nullptr, false);
  if (!object.is_object()) throw std::runtime_error("this is no JSON object");
  try {
    Note note{.id = member<std::int64_t>(object, "id", 0),
              .text = member<std::string>(object, "text", ""),
              .tags = member<std::vector<std::string>>(object, "tags", {}),
              .path = member<std::string>(object, "path", ""),
              .run = member<std::string>(object, "run", ""),
              .step = member<std::int64_t>(object, "step", 0),
              .task = member<std::string>(object, "task", ""),
              .created_ms = time_member(object, "created").value_or(0),
              .expires_ms = time_member(object, "expires"),
              .importance = member<double>(object, "importance", 0.5),
              .supersedes = member<std::int64_t>(object, "supersedes", 0),
              .superseded_by = member<std::int64_t>(object, "superseded_by", 0)};
    if (note.text.empty()) throw std::runtime_error("text: a note has one");
    if (note.text.size() > kLongestNote)
      throw std::runtime_error("text: a note has at most " + std::to_string(kLongestNote) + " bytes");
    if (!(note.importance >= 0 && note.importance <= 1))
      throw std::runtime_error("importance: write a number from 0 to 1");
    return note;
  } catch (const Json::exception&) {
    throw std::runtime_error("a member is not of the kind that 'agentd memory export' writes");
  }
}

}  // namespace agentd
