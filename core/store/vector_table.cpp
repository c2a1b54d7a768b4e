#include "core/store/vector_table.h"

#include <algorithm>

#include "core/signs.h"
#include "core/store/note_table.h"

// The place of a vector follows from the id of its note: blocks of codes side by side, which are read as fast
// as a file, and in which a forgotten one is written over.

namespace agentd {

const std::string_view kVectorSchema =
    "CREATE TABLE space(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, dimensions INTEGER NOT NULL,"
    " placed_to INTEGER NOT NULL) STRICT;"
    "CREATE TABLE vector_block(space INTEGER NOT NULL, block INTEGER NOT NULL, changes INTEGER NOT NULL,"
    " codes BLOB NOT NULL, PRIMARY KEY(space, block)) STRICT;"
    "CREATE INDEX vector_change ON vector_block(space, block, changes);";

namespace {

constexpr std::int64_t kBlock = 64;  // notes
constexpr auto kPlaces = static_cast<std::size_t>(kBlock);

/// From so many blocks on, signs say which codes are worth a look. Reading all codes takes too long then.
constexpr std::size_t kManyBlocks = 256;
constexpr std::size_t kBlocksOfMiddle = 16;
constexpr std::size_t kWorthALook = 2000;

struct Space {
  std::int64_t id = 0;  ///< 0: there is none
  std::size_t dimensions = 0;
  std::int64_t placed_to = 0;  ///< the last note that has had its turn
};

Space find_space(SQLite::Database& database, const std::string& name) {
  SQLite::Statement row(database, "SELECT id, dimensions, placed_to FROM space WHERE name = ?");
  row.bind(1, name);
  if (!row.executeStep()) return {};
  return {row.getColumn(0).getInt64(), static_cast<std::size_t>(row.getColumn(1).getInt64()),
          row.getColumn(2).getInt64()};
}

void write_space(OwnedDatabase& database, const std::string& name, const Space& space) {
  SQLite::Statement write(database.connection(),
                          "INSERT INTO space(name, dimensions, placed_to) VALUES(?, ?, ?)"
                          " ON CONFLICT(name) DO UPDATE SET dimensions = excluded.dimensions,"
                          " placed_to = max(placed_to, excluded.placed_to)");
  write.bind(1, name);
  write.bind(2, static_cast<std::int64_t>(space.dimensions));
  write.bind(3, space.placed_to);
  database.run(write);
}

std::string read_block(SQLite::Database& database, std::int64_t space, std::int64_t block) {
  SQLite::Statement row(database, "SELECT codes FROM vector_block WHERE space = ? AND block = ?");
  row.bind(1, space);
  row.bind(2, block);
  return row.executeStep() ? row.getColumn(0).getString() : std::string();
}

void write_block(OwnedDatabase& database, std::int64_t space, std::int64_t block, const std::string& codes) {
  SQLite::Statement write(
      database.connection(),
      "INSERT INTO vector_block(space, block, changes, codes) VALUES(?, ?, 1, ?)"
      " ON CONFLICT(space, block) DO UPDATE SET codes = excluded.codes, changes = changes + 1");
  write.bind(1, space);
  write.bind(2, block);
  write.bindNoCopy(3, codes.data(), static_cast<int>(codes.size()));
  database.run(write);
}

bool stands(SQLite::Database& database, std::int64_t id) {
  SQLite::Statement row(database, "SELECT 1 FROM note WHERE id = ? AND superseded_by = 0");
  row.bind(1, id);
  return row.executeStep();
}

/// The vectors of the notes in one block.
void place_in_block(OwnedDatabase& database, const Space& space, std::span<const NoteVector> vectors) {
  const std::int64_t block = vectors.front().id / kBlock;
  const std::size_t size = code_size(space.dimensions);
  std::string codes = read_block(database.connection(), space.id, block);
  codes.resize(size * kBlock);
  for (const NoteVector& each : vectors) {
    if (each.vector.size() != space.dimensions || !stands(database.connection(), each.id)) continue;
    codes.replace(static_cast<std::size_t>(each.id % kBlock) * size, size, code_of(each.vector));
  }
  write_block(database, space.id, block, codes);
}

}  // namespace

std::vector<Note> notes_without_vector(SQLite::Database& database, const std::string& space, std::size_t most,
                                       std::int64_t now_ms) {
  SQLite::Statement rows(database, std::string("SELECT") + kNoteColumns +
                                       "FROM note WHERE id > ? AND superseded_by = 0"
                                       " AND (expires_ms IS NULL OR expires_ms > ?) ORDER BY id LIMIT ?");
  rows.bind(1, find_space(database, space).placed_to);
  rows.bind(2, now_ms);
  rows.bind(3, static_cast<std::int64_t>(most));
  std::vector<Note> notes;
  while (rows.executeStep()) notes.push_back(note_from(rows));
  return notes;
}

void place_vectors(OwnedDatabase& database, const std::string& name, std::span<const NoteVector> vectors) {
  if (vectors.empty()) return;
  Space space = find_space(database.connection(), name);
  for (const NoteVector& each : vectors)
    if (space.dimensions == 0) space.dimensions = each.vector.size();
  space.placed_to = vectors.back().id;
  write_space(database, name, space);
  space.id = find_space(database.connection(), name).id;
  while (space.dimensions > 0 && !vectors.empty()) {
    const auto end = std::find_if(vectors.begin(), vectors.end(), [&](const NoteVector& each) {
      return each.id / kBlock != vectors.front().id / kBlock;
    });
    const auto count = static_cast<std::size_t>(end - vectors.begin());
    place_in_block(database, space, vectors.first(count));
    vectors = vectors.subspan(count);
  }
}

void erase_vector(OwnedDatabase& database, std::int64_t id) {
  SQLite::Statement spaces(database.connection(), "SELECT id, dimensions FROM space WHERE placed_to >= ?");
  spaces.bind(1, id);
  while (spaces.executeStep()) {
    const std::int64_t space = spaces.getColumn(0).getInt64();
    const std::size_t size = code_size(static_cast<std::size_t>(spaces.getColumn(1).getInt64()));
    std::string codes = read_block(database.connection(), space, id / kBlock);
    const std::size_t at = static_cast<std::size_t>(id % kBlock) * size;
    if (codes.size() < at + size) continue;
    write_block(database, space, id / kBlock, codes.replace(at, size, size, '\0'));
  }
}

void erase_unused_spaces(OwnedDatabase& database, std::int64_t now_ms) {
  constexpr std::int64_t kLongMs = 90LL * 24 * 3'600'000;
  SQLite::Statement unused(database.connection(),
                           "SELECT id FROM space WHERE EXISTS(SELECT 1 FROM note WHERE note.id > placed_to"
                           " AND note.id <= (SELECT max(placed_to) FROM space) AND superseded_by = 0"
                           " AND created_ms < ?)");
  unused.bind(1, now_ms - kLongMs);
  std::vector<std::int64_t> ids;
  while (unused.executeStep()) ids.push_back(unused.getColumn(0).getInt64());
  unused.reset();
  for (const std::int64_t id : ids) {
    database.begin();
    for (const char* table : {"vector_block WHERE space", "space WHERE id"}) {
      SQLite::Statement erase(database.connection(), std::string("DELETE FROM ") + table + " = ?");
      erase.bind(1, id);
      database.run(erase);
    }
  }
}

std::vector<Near> VectorsInMemory::nearest(SQLite::Database& database, const Nearness& near, std::size_t most,
                                           const std::function<bool(std::int64_t)>& wanted) {
  refresh(database, near);
  NearestCodes nearest(near.vector, most, wanted);
  if (!middle_.empty() && !wanted && most <= kWorthALook / 8)
    look_roughly(near.vector, nearest);
  else
    for (const auto& [block, read] : blocks_) nearest.look(read.codes, block * kBlock);
  return nearest.found();
}

/// Looks at those codes alone whose signs differ least.
void VectorsInMemory::look_roughly(std::span<const float> vector, NearestCodes& nearest) const {
  std::vector<std::uint64_t> wanted(sign_words(dimensions_));
  put_signs(code_of(vector), middle_, wanted);
  std::vector<std::uint16_t> counts(blocks_.size() * kPlaces);
  std::vector<std::size_t> with_count(dimensions_ + 1);
  auto place = counts.begin();
  for (const auto& [block, read] : blocks_) {
    count_differences(read.signs, wanted, {place, kPlaces});
    for (std::size_t i = 0; i < kPlaces; ++i, ++place) with_count[*place] += read.vectors >> i & 1;
  }
  std::size_t farthest = 0;
  for (std::size_t sum = with_count[0]; farthest < dimensions_ && sum < kWorthALook;)
    sum += with_count[++farthest];
  place = counts.begin();
  const std::size_t size = code_size(dimensions_);
  for (const auto& [block, read] : blocks_)
    for (std::size_t i = 0; i < kPlaces; ++i)
      if (*place++ <= farthest)
        nearest.look(std::string_view(read.codes).substr(i * size, size),
                     block * kBlock + static_cast<std::int64_t>(i));
}

void VectorsInMemory::sign(Block& block) const {
  const std::size_t words = sign_words(dimensions_), size = code_size(dimensions_);
  block.signs.assign(words * kPlaces, 0);
  block.vectors = 0;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    const std::string_view code = std::string_view(block.codes).substr(i * size, size);
    put_signs(code, middle_, std::span(block.signs).subspan(i * words, words));
    block.vectors |= std::uint64_t{!is_no_vector(code)} << i;
  }
}

/// Once there are many.
void VectorsInMemory::sign_all() {
  std::string first;
  auto block = blocks_.begin();
  for (std::size_t i = 0; i < kBlocksOfMiddle; ++i, ++block) first += block->second.codes;
  middle_ = middle_of(first, dimensions_);
  for (auto& [number, each] : blocks_) sign(each);
}

void VectorsInMemory::forget() {
  blocks_.clear();
  middle_.clear();
}

void VectorsInMemory::refresh(SQLite::Database& database, const Nearness& near) {
  const Space space = find_space(database, near.space);
  if (space.id != space_ || space.dimensions != dimensions_) forget();
  space_ = space.id;
  dimensions_ = space.dimensions;
  if (dimensions_ != near.vector.size()) return forget();
  SQLite::Statement rows(database, "SELECT block, changes FROM vector_block WHERE space = ?");
  rows.bind(1, space_);
  while (rows.executeStep()) {
    const std::int64_t block = rows.getColumn(0).getInt64(), changes = rows.getColumn(1).getInt64();
    Block& known = blocks_[block];
    if (known.changes == changes) continue;
    known = {changes, read_block(database, space_, block), {}};
    if (!middle_.empty()) sign(known);
  }
  if (middle_.empty() && blocks_.size() >= kManyBlocks) sign_all();
}

}  // namespace agentd
