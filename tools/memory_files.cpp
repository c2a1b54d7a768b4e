#include "tools/memory_files.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>

#include "core/mask.h"
#include "core/text.h"
#include "tools/answers.h"

// Files are notes with a path: whoever changes one saves another note in its place, under the key of the
// call.

namespace agentd {

const std::string_view kMemoryFilesParameters = R"({"type":"object","properties":{
"command":{"type":"string","enum":["view","create","str_replace","insert","delete","rename"]},
"path":{"type":"string","description":"of a file or folder, beginning with /memories"},
"view_range":{"type":"array","minItems":2,"maxItems":2,"items":{"type":"integer"},"description":"view: the first and the last line; -1: to the end"},
"file_text":{"type":"string","description":"create: all that the file is to hold"},
"old_str":{"type":"string","description":"str_replace: text that occurs once in the file"},
"new_str":{"type":"string","description":"str_replace: what stands there then"},
"insert_line":{"type":"integer","minimum":0,"maximum":1000000,"description":"insert: after this line; 0: at the beginning"},
"insert_text":{"type":"string"},
"old_path":{"type":"string","description":"rename"},
"new_path":{"type":"string","description":"rename"}},
"required":["command"],"additionalProperties":false})";

namespace {

using Json = nlohmann::json;

constexpr std::string_view kRoot = "/memories";
constexpr std::size_t kLongestPath = 512;
constexpr std::size_t kMostShown = 10'000;

[[noreturn]] void refuse(std::string_view sentence, const std::string& path) {
  throw std::runtime_error(fill(sentence, {{"path", path}}));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

class FilesCall {
 public:
  FilesCall(const ToolRun& run, const ToolContext& context)
      : run_(run), context_(context), arguments_(Json::parse(run.arguments, nullptr, false)) {}

  std::string answer() const {
    const std::string command = text("command");
    if (command == "view") return view();
    if (const auto done = context_.notes->saved(run_.key)) return saved(*done);
    if (command == "create") return save(path("path"), text("file_text"));
    if (command == "str_replace") return replace();
    if (command == "insert") return insert();
    return command == "delete" ? remove() : rename();
  }

 private:
  std::string text(const char* name) const {
    const auto found = arguments_.find(name);
    if (found == arguments_.end() || found->is_null())
      throw std::runtime_error(
          fill(sentence("memory_argument"), {{"command", text("command")}, {"name", name}}));
    return found->get<std::string>();
  }

  /// As the notes have it: "/memories/a/b", without a '/' at its end.
  std::string path(const char* name) const {
    std::string path = text(name);
    while (path.ends_with('/')) path.pop_back();
    const bool is_beneath = path == kRoot || path.starts_with(std::string(kRoot) + "/");
    const bool has_control = std::any_of(path.begin(), path.end(), [](unsigned char c) { return c < ' '; });
    const bool has_empty = path.find("//") != std::string::npos;
    const bool has_dots =
        (path + "/").find("/../") != std::string::npos || (path + "/").find("/./") != std::string::npos;
    if (!is_beneath || has_control || has_empty || has_dots || path.size() > kLongestPath)
      refuse(sentence("memory_path"), path);
    return path;
  }

  /// The file, or all beneath the folder, by path.
  std::vector<Note> beneath(const std::string& path) const {
    auto notes = context_.notes->find({.folder = path, .most = std::numeric_limits<std::int32_t>::max()});
    std::sort(notes.begin(), notes.end(), [](const Note& a, const Note& b) { return a.path < b.path; });
    return notes;
  }

  Note file(const std::string& path) const {
    const auto notes = beneath(path);
    if (notes.empty()) refuse(sentence("memory_no_file"), path);
    if (notes.front().path != path) refuse(sentence("memory_is_folder"), path);
    return notes.front();
  }

  static std::string saved(const Note& note) { return fill(sentence("memory_saved"), {{"path", note.path}}); }

  std::string save(const std::string& path, const std::string& text) const {
    const auto others = beneath(path);
    if (path == kRoot || (!others.empty() && others.front().path != path))
      refuse(sentence("memory_is_folder"), path);
    require_folders(path);
    Note note = others.empty() ? Note() : others.front();
    note.text = text;
    return saved(context_.notes->save(signed_by_call(note, path), run_.key));
  }

  /// What is above it must not be a file.
  void require_folders(const std::string& path) const {
    for (std::size_t end = path.rfind('/'); end > kRoot.size(); end = path.rfind('/', end - 1)) {
      const std::string above = path.substr(0, end);
      const auto notes = beneath(above);
      if (!notes.empty() && notes.front().path == above) refuse(sentence("memory_is_file"), above);
    }
  }

  Note signed_by_call(Note note, const std::string& path) const {
    note.text = mask(note.text, context_.secrets);
    if (note.text.size() > kLongestNote)
      throw std::runtime_error(fill(sentence("memory_long"), {{"limit", std::to_string(kLongestNote)}}));
    note.path = path;
    note.run = context_.run;
    note.step = run_.call.step;
    note.task = context_.task;
    note.created_ms = 0;
    note.supersedes = note.id;
    return note;
  }

  std::string view() const {
    const std::string where = path("path");
    const auto notes = beneath(where);
    if (!notes.empty() && notes.front().path == where) return view_file(notes.front());
    if (notes.empty() && where != kRoot) refuse(sentence("memory_no_file"), where);
    std::string listed;
    for (const Note& note : std::span(notes).first(std::min(notes.size(), kMostShown)))
      listed += std::to_string(note.text.size()) + "\t" + note.path + "\n";
    return listed.empty() ? std::string(sentence("memory_empty")) : listed;
  }

  std::string view_file(const Note& note) const {
    const auto lines = lines_of(note.text);
    const Json range = arguments_.value("view_range", Json());
    const auto first = range.is_array() ? std::max<std::int64_t>(range[0].get<std::int64_t>(), 1) : 1;
    const std::int64_t last = range.is_array() ? range[1].get<std::int64_t>() : -1;
    std::string shown;
    for (std::int64_t number = first; number <= std::ssize(lines) && (last < 0 || number <= last); ++number)
      shown += std::to_string(number) + "\t" + lines[static_cast<std::size_t>(number - 1)] + "\n";
    return shown.empty() ? fill(sentence("memory_lines"), {{"lines", std::to_string(lines.size())}}) : shown;
  }

  std::string replace() const {
    const std::string from = text("old_str"), where = path("path");
    std::string whole = file(where).text;
    const std::size_t found = whole.find(from);
    if (from.empty() || found == std::string::npos) refuse(sentence("memory_none"), where);
    if (whole.find(from, found + 1) != std::string::npos) refuse(sentence("memory_many"), where);
    const auto to = arguments_.value("new_str", Json());
    return save(where, whole.replace(found, from.size(), to.is_string() ? to.get<std::string>() : ""));
  }

  std::string insert() const {
    const std::string where = path("path");
    auto lines = lines_of(file(where).text);
    const std::int64_t after = arguments_.value("insert_line", std::int64_t{-1});
    if (after < 0 || after > std::ssize(lines))
      throw std::runtime_error(fill(sentence("memory_lines"), {{"lines", std::to_string(lines.size())}}));
    lines.insert(lines.begin() + after, text("insert_text"));
    std::string whole;
    for (const std::string& line : lines) whole.append(line).append(line.ends_with('\n') ? "" : "\n");
    return save(where, whole);
  }

  /// Made again after a crash it finds nothing, or what is there since, which stays.
  std::string remove() const {
    const std::string where = path("path");
    std::vector<std::int64_t> ids;
    for (const Note& note : beneath(where)) ids.push_back(note.id);
    context_.notes->forget(ids, run_.key);
    return fill(ids.empty() ? sentence("memory_nothing") : sentence("memory_deleted"), {{"path", where}});
  }

  std::string rename() const {
    const std::string from = path("old_path"), to = path("new_path");
    const auto notes = beneath(from);
    if (notes.empty()) refuse(sentence("memory_no_file"), from);
    if (from == kRoot || to.starts_with(from + "/")) refuse(sentence("memory_path"), to);
    if (!beneath(to).empty() || to == kRoot) refuse(sentence("memory_taken"), to);
    require_folders(to);
    context_.notes->together([&] {
      for (const Note& note : notes) {
        const bool is_first = &note == &notes.front();
        context_.notes->save(signed_by_call(note, to + note.path.substr(from.size())),
                             is_first ? run_.key : run_.key + "/" + std::to_string(note.id));
      }
    });
    return fill(sentence("memory_saved"), {{"path", to}});
  }

  const ToolRun& run_;
  const ToolContext& context_;
  Json arguments_;
};

}  // namespace

std::string answer_memory_files(const ToolRun& run, const ToolContext& context) {
  return FilesCall(run, context).answer();
}

}  // namespace agentd
