#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/notes.h"
#include "core/store/owned_database.h"
#include "core/vectors.h"

// The vectors of a namespace's notes, a space of vectors for each embedding model. For core/store alone.

namespace agentd {

extern const std::string_view kVectorSchema;

/// The notes that were not yet given to place_vectors in this space.
std::vector<Note> notes_without_vector(SQLite::Database& database, const std::string& space, std::size_t most,
                                       std::int64_t now_ms);

// Each takes part in the open transaction.

void place_vectors(OwnedDatabase& database, const std::string& space, std::span<const NoteVector> vectors);
/// In every space.
void erase_vector(OwnedDatabase& database, std::int64_t id);
/// Those of models that are no longer used: a search brings a space up to date, and of these another one has
/// notes which are three months old and still missing here.
void erase_unused_spaces(OwnedDatabase& database, std::int64_t now_ms);

/// The vectors as the last search has read them: the next one reads only what has changed since.
class VectorsInMemory {
 public:
  /// The notes with the nearest vectors, the nearest first. `wanted` as of NearestCodes.
  std::vector<Near> nearest(SQLite::Database& database, const Nearness& near, std::size_t most,
                            const std::function<bool(std::int64_t)>& wanted);

 private:
  struct Block {
    std::int64_t changes = 0;
    std::string codes;
    std::vector<std::uint64_t> signs;  ///< none while there are few blocks
    std::uint64_t vectors = 0;         ///< a bit for each note that has one
  };
  void refresh(SQLite::Database& database, const Nearness& near);
  void forget();
  void sign(Block& block) const;
  void sign_all();
  void look_roughly(std::span<const float> vector, NearestCodes& nearest) const;

  std::int64_t space_ = 0;
  std::size_t dimensions_ = 0;
  std::string middle_;  ///< of the first notes; empty while there are few blocks
  std::map<std::int64_t, Block> blocks_;
};

}  // namespace agentd
