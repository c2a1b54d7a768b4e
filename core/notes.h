#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/message.h"

namespace agentd {

/// What the runs of a namespace remember: short texts, each by itself. Texts are data from whoever wrote
/// them, never instructions.
struct Note {
  std::int64_t id = 0;  ///< 1, 2, 3, …: never used twice in a namespace
  std::string text;
  std::vector<std::string> tags;  ///< sorted, each once
  std::string path;               ///< of a note that is a file to the model; empty: it is none
  std::string run;                ///< who wrote it; empty: a person
  std::int64_t step = 0;
  std::string task;
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> expires_ms;
  double importance = 0.5;         ///< 0 … 1; with 1 it is put before every run
  std::int64_t supersedes = 0;     ///< the note that it took the place of; 0: of none
  std::int64_t superseded_by = 0;  ///< 0: it stands
  bool operator==(const Note&) const = default;
};

constexpr double kAlwaysRecalled = 1.0;
constexpr std::size_t kLongestNote = 32'768;  // bytes

/// A vector and the space it is of; see Embedder.
struct Nearness {
  std::string space;
  std::vector<float> vector;
};

struct NoteVector {
  std::int64_t id = 0;
  std::vector<float> vector;  ///< empty: it can have none
};

/// Which notes; what is left out does not matter.
struct NoteQuery {
  std::string words =
      {};  ///< any text: notes that share words with it, the best first; empty: all, newest first
  std::optional<Nearness> near = {};   ///< with `words`: also notes whose vectors are near to it
  std::vector<std::string> tags = {};  ///< each of them
  std::string folder = {};             ///< only files beneath it, or it itself
  std::optional<std::int64_t> since_ms = {};
  std::optional<std::int64_t> until_ms = {};
  std::optional<double> importance = {};  ///< at least
  bool with_history = false;              ///< also those that others took the place of
  std::size_t most = 10;
};

/// The memory of one namespace. Each call is durable, or has seen what is durable, when it returns, and holds
/// nothing then. Throws Error(Suspended) if another process keeps the memory to itself for too long, or the
/// invocation ends meanwhile; Error(Storage) as a journal does.
class Notes {
 public:
  virtual ~Notes() = default;
  /// Gives the note back with its id and time. What was saved under the key before is not saved again, nor a
  /// text that is known: that note is given back, or one in its place where this one says more of it. A note
  /// with a path takes the place of the one that has it; `supersedes` names another. Throws
  /// std::runtime_error where that does not stand.
  virtual Note save(const Note& note, const std::string& key) = 0;
  /// What was saved under that key.
  virtual std::optional<Note> saved(const std::string& key) = 0;
  virtual std::vector<Note> find(const NoteQuery& query) = 0;
  /// What finding them has cost since this was asked last, see Embedder; none: nothing was paid for.
  virtual std::optional<Spent> take_spent() { return std::nullopt; }
  /// The note, then those that it took the place of. Empty: there is none, or it has expired.
  virtual std::vector<Note> history(std::int64_t id) = 0;
  /// All that `calls` does with these notes is durable at once when it returns, or not at all where it
  /// throws.
  virtual void together(const std::function<void()>& calls) = 0;
  /// Erases these notes with their history, and all that have expired, so that no file of the memory holds
  /// their texts any more. Returns the ids that are gone, now or since before. What was forgotten under the
  /// key before is done: these may be others by now, and stay.
  virtual std::vector<std::int64_t> forget(const std::vector<std::int64_t>& ids,
                                           const std::string& key = "") = 0;
  /// Notes that have not got a vector in this space, those of the lowest ids first.
  virtual std::vector<Note> without_vector(const std::string& space, std::size_t most) = 0;
  /// Keeps the vectors of such notes, in the order of ids. All in a space are of one length.
  virtual void place(const std::string& space, const std::vector<NoteVector>& vectors) = 0;
};

/// The tools that a task with a memory has, unless it names those that it wants.
constexpr std::array<std::string_view, 5> kMemoryTools{"memory_forget", "memory_get", "memory_save",
                                                       "memory_search", "memory_update"};
/// The same memory as files, with the verbs that some models are trained on.
constexpr std::string_view kMemoryFiles = "memory";

bool is_memory_tool(std::string_view name);

/// "[12] 2026-11-20, run digest-3f2a9c step 4, tags a, b: TEXT", a line or more, and never the end of the
/// fence that notes stand in.
std::string note_text(const Note& note);
/// The JSON object of a note, as `agentd memory` prints it: one line.
std::string note_json(const Note& note);
/// What such an object says; throws std::runtime_error with what is wrong with it.
Note note_from_json(std::string_view json);

}  // namespace agentd
