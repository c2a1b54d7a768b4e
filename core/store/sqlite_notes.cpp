#include "core/store/sqlite_notes.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "core/error.h"
#include "core/store/files.h"
#include "core/store/note_search.h"
#include "core/store/note_table.h"
#include "core/text.h"

// Many runs, on many hosts, share one file. Each call owns it for some milliseconds, by the same locks and
// under the same rules as a run owns its journal, and leaves nothing open. So what a call has answered is
// durable, and a call that was killed is made again under its key.

namespace agentd {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kEnding = ".db";
constexpr std::int64_t kWalKept = 256 << 10;  // the writes of some ten calls
constexpr std::int64_t kPatienceMs = 30'000;  // with others that use the memory

/// A search reads pages here and there, each of which is a round trip on a network file system. So all of
/// them are asked for at once. Must be closed after the database: that would drop its locks.
Fd read_ahead(const fs::path& database) {
  constexpr off_t kMost = 64 << 20;
  Fd file(::open(database.c_str(), O_RDONLY | O_CLOEXEC));
  if (file) ::posix_fadvise(file.get(), 0, kMost, POSIX_FADV_WILLNEED);
  return file;
}

std::string note_name(std::int64_t id) {
  return "note " + std::to_string(id);
}

/// A text that is saved again: what either says of it holds.
Note with_all_of(Note note, const Note& known) {
  note.tags.insert(note.tags.end(), known.tags.begin(), known.tags.end());
  std::sort(note.tags.begin(), note.tags.end());
  note.tags.erase(std::unique(note.tags.begin(), note.tags.end()), note.tags.end());
  note.importance = std::max(note.importance, known.importance);
  note.expires_ms =
      note.expires_ms && known.expires_ms ? std::max(note.expires_ms, known.expires_ms) : std::nullopt;
  return note;
}

bool has_same_frame(const Note& one, const Note& other) {
  return one.tags == other.tags && one.importance == other.importance && one.expires_ms == other.expires_ms;
}

class SqliteNotes final : public Notes {
 public:
  SqliteNotes(OwnedFiles files, Clock& clock, const Stop& stop)
      : files_(std::move(files)), clock_(clock), stop_(stop) {}

  Note save(const Note& note, const std::string& key) override {
    make_folder();
    return work([&](OwnedDatabase& database) { return save_in(database, note, key); });
  }

  std::optional<Note> saved(const std::string& key) override {
    if (!is_there(files_.database)) return std::nullopt;
    return work([&](OwnedDatabase& database) { return note_where(database.connection(), "key = ?", key); });
  }

  std::vector<Note> find(const NoteQuery& query) override {
    if (!is_there(files_.database)) return {};
    const auto look = [&](OwnedDatabase& database) {
      return find_notes(database.connection(), query, clock_.now_ms(), vectors_);
    };
    return work(look, std::exchange(has_searched_, true) ? Reads::Some : Reads::Most);
  }

  std::vector<Note> without_vector(const std::string& space, std::size_t most) override {
    if (!is_there(files_.database)) return {};
    return work([&](OwnedDatabase& database) {
      return notes_without_vector(database.connection(), space, most, clock_.now_ms());
    });
  }

  void place(const std::string& space, const std::vector<NoteVector>& vectors) override {
    work([&](OwnedDatabase& database) {
      database.begin();
      place_vectors(database, space, vectors);
      return true;
    });
  }

  std::vector<Note> history(std::int64_t id) override {
    if (!is_there(files_.database)) return {};
    return work([&](OwnedDatabase& database) { return history_in(database.connection(), id); });
  }

  void together(const std::function<void()>& calls) override {
    make_folder();
    work([&](OwnedDatabase& database) {
      together_ = &database;
      const std::unique_ptr<OwnedDatabase*, void (*)(OwnedDatabase**)> end(&together_,
                                                                           [](auto* one) { *one = nullptr; });
      calls();
      return true;
    });
  }

  std::vector<std::int64_t> forget(const std::vector<std::int64_t>& ids, const std::string& key) override {
    if (!is_there(files_.database)) return {};
    return work([&](OwnedDatabase& database) {
      has_forgotten_ = true;
      return is_done(database.connection(), key) ? std::vector<std::int64_t>()
                                                 : forget_in(database, ids, key);
    });
  }

 private:
  enum class Reads { Some, Most };

  template <class Work>
  std::invoke_result_t<Work, OwnedDatabase&> work(const Work& what, Reads reads = Reads::Some) {
    if (together_ != nullptr) return what(*together_);
    const auto ownership = Ownership::acquire(files_, kPatienceMs, clock_, stop_);
    if (!ownership) throw_busy();
    const Fd ahead = reads == Reads::Most ? read_ahead(files_.database) : Fd();
    OwnedDatabase database(files_, kNoteProbe, kWalKept);
    try {
      database.connection().exec("PRAGMA secure_delete=ON");
      refresh_words(database);
      std::invoke_result_t<Work, OwnedDatabase&> result = what(database);
      database.commit();
      // Not to be left out where a call was killed here before: the rows are gone, the bytes are not.
      if (std::exchange(has_forgotten_, false)) database.checkpoint();
      return result;
    } catch (const SQLite::Exception& failure) {
      database.fail_reading(failure);
    }
  }

  [[noreturn]] void throw_busy() const {
    const Holder holder = read_holder(files_.lock);
    throw Error(Exit::Suspended, "the memory of " + files_.what + " is in use (host " + holder.host +
                                     ", pid " + std::to_string(holder.pid) + "): try again");
  }

  void make_folder() const {
    const fs::path folder = files_.database.parent_path();
    if (agentd::make_folder(folder)) sync_folder(folder.parent_path());
  }

  bool has_expired(const Note& note) const { return note.expires_ms && *note.expires_ms <= clock_.now_ms(); }

  /// The note whose place is taken.
  std::optional<Note> predecessor(SQLite::Database& database, const Note& note) const {
    if (note.supersedes == 0)
      return note.path.empty() ? std::nullopt
                               : note_where(database, "path = ? AND superseded_by = 0", note.path);
    std::optional<Note> old = note_where(database, "id = ?", note.supersedes);
    if (!old || has_expired(*old)) throw std::runtime_error("there is no " + note_name(note.supersedes));
    if (old->superseded_by != 0)
      throw std::runtime_error(note_name(old->id) + " has been replaced by " + note_name(old->superseded_by));
    return old;
  }

  std::optional<Note> known_text(SQLite::Database& database, const std::string& text) const {
    const std::string stands =
        " AND path = '' AND superseded_by = 0 AND (expires_ms IS NULL OR expires_ms > " +
        std::to_string(clock_.now_ms()) + ")";
    auto known = note_where(database, "digest = ?" + stands, hash_hex(text));
    return known && known->text == text ? known : std::nullopt;
  }

  Note save_in(OwnedDatabase& database, Note note, const std::string& key) {
    SQLite::Database& connection = database.connection();
    if (auto known = key.empty() ? std::nullopt : note_where(connection, "key = ?", key)) return *known;
    std::optional<Note> old = predecessor(connection, note);
    if (!old && note.path.empty())
      if (auto known = known_text(connection, note.text)) {
        const Note whole = with_all_of(note, *known);
        if (has_same_frame(whole, *known)) return *known;
        note = whole;
        old = std::move(known);
      }
    if (note.created_ms == 0) note.created_ms = clock_.now_ms();
    note.supersedes = old ? old->id : 0;
    database.begin();
    note.id = insert_note(database, note, key);
    if (old) supersede(database, *old, note.id);
    return note;
  }

  std::vector<Note> history_in(SQLite::Database& connection, std::int64_t id) const {
    std::vector<Note> notes;
    for (auto note = note_where(connection, "id = ?", id); note && !has_expired(*note);
         note = note_where(connection, "id = ?", notes.back().supersedes))
      notes.push_back(*note);
    return notes;
  }

  /// With all that came before and after it.
  static void add_line_of(SQLite::Database& connection, std::int64_t id, std::set<std::int64_t>& line) {
    for (const auto next : {&Note::supersedes, &Note::superseded_by})
      for (auto note = note_where(connection, "id = ?", id); note;
           note = note_where(connection, "id = ?", (*note).*next))
        line.insert(note->id);
  }

  static bool is_done(SQLite::Database& connection, const std::string& key) {
    SQLite::Statement done(connection, "SELECT 1 FROM setting WHERE name = ?");
    done.bind(1, "forgotten by " + key);
    return !key.empty() && done.executeStep();
  }

  static void set_done(OwnedDatabase& database, const std::string& key) {
    SQLite::Statement done(database.connection(), "INSERT INTO setting(name, value) VALUES(?, 1)");
    done.bind(1, "forgotten by " + key);
    database.begin();
    database.run(done);
  }

  static bool is_forgotten(SQLite::Database& connection, std::int64_t id) {
    SQLite::Statement mark(connection, "SELECT 1 FROM forgotten WHERE id = ?");
    mark.bind(1, id);
    return mark.executeStep();
  }

  std::vector<std::int64_t> forget_in(OwnedDatabase& database, const std::vector<std::int64_t>& ids,
                                      const std::string& key) {
    SQLite::Database& connection = database.connection();
    const std::int64_t now_ms = clock_.now_ms();
    std::set<std::int64_t> gone, before;
    for (const std::int64_t id : ids) {
      add_line_of(connection, id, gone);
      if (is_forgotten(connection, id)) before.insert(id);
    }
    SQLite::Statement expired(connection, "SELECT id FROM note WHERE expires_ms <= ?");
    expired.bind(1, now_ms);
    while (expired.executeStep()) gone.insert(expired.getColumn(0).getInt64());
    expired.reset();
    erase_unused_spaces(database, now_ms);
    if (!key.empty()) set_done(database, key);
    if (gone.empty()) return {before.begin(), before.end()};
    database.begin();
    for (const std::int64_t id : gone) erase_note(database, *note_where(connection, "id = ?", id), now_ms);
    SQLite::Statement rewrite(connection, "INSERT INTO note_words(note_words) VALUES('optimize')");
    database.run(rewrite);
    gone.merge(before);
    return {gone.begin(), gone.end()};
  }

  OwnedFiles files_;
  Clock& clock_;
  const Stop& stop_;
  OwnedDatabase* together_ = nullptr;  ///< while several calls are one
  VectorsInMemory vectors_;
  bool has_searched_ = false;
  bool has_forgotten_ = false;  ///< in the calls since the last commit
};

}  // namespace

OwnedFiles note_files(const MemoryDir& memory, const std::string& name) {
  const std::string file = (memory.path() / "memory" / memory.file_name(name)).string();
  const std::string what = "namespace " + name;
  return {file + std::string(kEnding), file + ".lock", what, file + ".lock", note_schema,
          key_of(memory.key(), what)};
}

std::unique_ptr<Notes> make_sqlite_notes(const MemoryDir& memory, const std::string& name, Clock& clock,
                                         const Stop& stop) {
  if (!is_run_id(name))
    throw Error(Exit::Usage, "'" + name + "' is no namespace: use up to 100 of a-z, 0-9, '.', '_', '-', " +
                                 "beginning with a letter or digit");
  return std::make_unique<SqliteNotes>(note_files(memory, name), clock, stop);
}

std::vector<std::string> note_namespaces(const MemoryDir& memory) {
  std::vector<std::string> names;
  for (const std::string& file : list_folder(memory.path() / "memory"))
    if (file.ends_with(kEnding))
      if (const auto name = memory.name_of(file.substr(0, file.size() - kEnding.size())))
        names.push_back(*name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace agentd
