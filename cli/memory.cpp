#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>

#include "cli/commands.h"
#include "cli/expand.h"
#include "cli/memory_key.h"
#include "cli/narrate.h"
#include "cli/note_choice.h"
#include "cli/note_lines.h"
#include "cli/table.h"
#include "core/mask.h"
#include "core/notes.h"
#include "core/os/signals.h"
#include "core/os/system_clock.h"
#include "core/store/sqlite_notes.h"
#include "core/text.h"

namespace agentd {

namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void refuse(const std::string& message) {
  throw Error(Exit::Usage, message);
}

/// A namespace and what is to be done with its notes.
class MemoryWork {
 public:
  explicit MemoryWork(const Args& args)
      : args_(args),
        memory_(args.note.action == "put" || args.note.action == "import" ? make_memory(args)
                                                                          : look_at_memory(args)),
        stop_(make_process_stop(std::nullopt)),
        name_(name()),
        notes_(make_sqlite_notes(memory_, name_, clock_, *stop_)) {}

  Exit list() {
    no_words();
    return print(chosen_notes(*notes_, args_, clock_.now_ms()));
  }

  Exit search() {
    NoteQuery asked = note_query(args_, clock_.now_ms());
    asked.words = words();
    if (trimmed(asked.words).empty()) refuse("search: say what the notes are about");
    asked.most = static_cast<std::size_t>(args_.note.limit.value_or(10));
    return print(notes_->find(asked));
  }

  Exit get() {
    const auto ids = note_ids(args_);
    if (ids.size() != 1) refuse("get: give the id of one note");
    const auto history = notes_->history(ids.front());
    if (history.empty()) refuse("there is no note " + words() + " in namespace " + name_);
    return print(history);
  }

  Exit put() {
    std::string text = words();
    if (text == "-") text = text_of(std::cin);
    text = mask(trimmed(to_valid_utf8(text)), Secrets(known_secrets({})));
    if (text.empty()) refuse("put: say what is to be remembered");
    if (text.size() > kLongestNote)
      refuse("put: a note has at most " + std::to_string(kLongestNote) + " bytes");
    Note note = replaced();
    note.text = std::move(text);
    if (!args_.note.tags.empty()) note.tags = args_.note.tags;
    note.importance = args_.note.importance.value_or(note.importance);
    if (args_.note.expires) note.expires_ms = expiry(*args_.note.expires);
    const Note saved = save(note, "");
    std::cout << (args_.output == Output::Json ? note_json(saved) : std::to_string(saved.id)) << '\n';
    return Exit::Completed;
  }

  Exit forget() {
    const std::vector<Note> gone = notes_to_forget(*notes_, args_, clock_.now_ms());
    if (args_.dry_run) return print(gone);
    std::vector<std::int64_t> ids;
    std::set<std::string> runs;
    for (const Note& note : gone) {
      ids.push_back(note.id);
      if (!note.run.empty()) runs.insert(note.run);
    }
    ids = notes_->forget(ids);
    if (args_.output == Output::Json) {
      std::cout << Json{{"schema", 1}, {"namespace", name_}, {"forgotten", ids}, {"runs", runs}}.dump(2)
                << '\n';
      return Exit::Completed;
    }
    std::cerr << "forgot " << ids.size() << " notes of namespace " << name_ << '\n';
    if (!runs.empty())
      std::cerr << "what the runs that wrote them saw still stands in their journals: agentd forget "
                << listed({runs.begin(), runs.end()}) << '\n';
    return Exit::Completed;
  }

  Exit export_notes() {
    no_words();
    write_notes(*notes_, std::cout);
    return Exit::Completed;
  }

  Exit import() {
    if (args_.note.words.size() != 1) refuse("import: give one file, or - for stdin");
    const std::string& file = args_.note.words.front();
    std::ifstream from(file);
    if (file != "-" && !from) refuse("cannot read " + file);
    // As a whole: while the notes are saved nobody else can look, and a pipe may be slow.
    std::istringstream all(text_of(file == "-" ? std::cin : from));
    const std::size_t count = read_notes(*notes_, all, file);
    std::cerr << "imported " << count << " notes into namespace " << name_ << '\n';
    return Exit::Completed;
  }

 private:
  std::string name() const {
    if (args_.note.name) return *args_.note.name;
    const auto names = note_namespaces(memory_);
    if (names.size() == 1) return names.front();
    refuse(names.empty()
               ? "there are no notes in " + memory_.path().string() + ": name a namespace with --namespace"
               : "name a namespace with --namespace; there are: " + listed(names));
  }

  /// What is not said of a note stays as it was in the one whose place it takes.
  Note replaced() {
    if (!args_.note.replaces) return {};
    const auto history = notes_->history(*args_.note.replaces);
    const Note old = history.empty() ? Note() : history.front();
    return {.tags = old.tags,
            .path = old.path,
            .expires_ms = old.expires_ms,
            .importance = old.importance,
            .supersedes = *args_.note.replaces};
  }

  static std::string text_of(std::istream& in) { return {std::istreambuf_iterator<char>(in), {}}; }

  std::string words() const {
    std::string text;
    for (const std::string& word : args_.note.words) text.append(text.empty() ? "" : " ").append(word);
    return text;
  }

  void no_words() const {
    if (!args_.note.words.empty()) refuse(args_.note.action + ": what is '" + words() + "'? see --help");
  }

  std::int64_t expiry(const std::string& text) {
    const std::int64_t now = clock_.now_ms();
    const auto duration = parse_duration(text);
    const auto time = duration ? now + *duration : parse_time(text);
    if (!time)
      refuse("--expires: '" + text +
             "' is neither a duration such as 30d nor a time such as 2026-11-22T13:00:00Z");
    if (*time <= now) refuse("--expires: " + text + " is past: give a time to come");
    return *time;
  }

  Note save(const Note& note, const std::string& key) {
    try {
      return notes_->save(note, key);
    } catch (const Error&) {
      throw;
    } catch (const std::runtime_error& problem) {
      refuse(problem.what());
    }
  }

  Exit print(const std::vector<Note>& notes) const {
    if (args_.output == Output::Json) {
      Json list = Json::array();
      for (const Note& note : notes) list.push_back(Json::parse(note_json(note)));
      std::cout << list.dump(2) << '\n';
      return Exit::Completed;
    }
    if (notes.empty()) {
      std::cerr << "no notes" << (args_.note.action == "search" ? " like that" : "") << " in namespace "
                << name_ << '\n';
      return Exit::Completed;
    }
    std::vector<Cells> rows{{"ID", "WRITTEN", "BY", "TAGS", "TEXT"}};
    for (const Note& note : notes)
      rows.push_back({std::to_string(note.id), format_time(note.created_ms).substr(0, 10),
                      note.run.empty() ? "a person" : note.run, one_line(listed(note.tags), 40),
                      text_cell(note)});
    std::cout << table_text(rows);
    return Exit::Completed;
  }

  /// Whole where one note was asked for.
  std::string text_cell(const Note& note) const {
    const std::string text = note.path.empty() ? note.text : note.path + ": " + note.text;
    return args_.note.action == "get" ? printable(text) : one_line(text, 200);
  }

  const Args& args_;
  MemoryDir memory_;
  SystemClock clock_;
  std::unique_ptr<Stop> stop_;
  std::string name_;
  std::unique_ptr<Notes> notes_;
};

constexpr std::array<std::pair<std::string_view, Exit (MemoryWork::*)()>, 7> kActions{{
    {"export", &MemoryWork::export_notes},
    {"forget", &MemoryWork::forget},
    {"get", &MemoryWork::get},
    {"import", &MemoryWork::import},
    {"list", &MemoryWork::list},
    {"put", &MemoryWork::put},
    {"search", &MemoryWork::search},
}};

}  // namespace

Exit memory_command(const Args& args) {
  std::vector<std::string_view> names;
  for (const auto& [name, action] : kActions) {
    if (name == args.note.action) return (MemoryWork(args).*action)();
    names.push_back(name);
  }
  const std::string_view near = nearest(args.note.action, names);
  refuse("memory: there is no action '" + args.note.action + "'; " +
         (near.empty() ? "see agentd memory --help" : "did you mean " + std::string(near) + "?"));
}

}  // namespace agentd
