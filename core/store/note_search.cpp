#include "core/store/note_search.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/search_words.h"
#include "core/store/note_table.h"

// Notes that share words with the query, the rarer the better (BM25, and better still in just that form), and
// notes whose vectors are near to its own, by their places in these two orders (reciprocal rank fusion); then
// what is newer or more important comes a little earlier. Vectors weigh less: bad ones do little harm so, and
// good ones still bring in what has other words.

namespace agentd {

namespace {

constexpr std::size_t kMostWords = 12;   // the rarest alone find as much as all, at a fraction of the cost
constexpr std::size_t kCandidates = 50;  // looked at more closely
constexpr std::int64_t kCommon = 1000;   // notes with a word: more are not counted
constexpr std::size_t kNearest = 200;    // vectors at first: some may be of notes that have expired
constexpr double kExactWords = 0.4;      // for having the very words of the query, not only their stems
constexpr double kRankDamping = 10;
constexpr double kWordsWeight = 2, kVectorWeight = 1;
constexpr double kNewness = 0.15;  // what a note loses with age
constexpr double kHalfLifeMs = 90.0 * 24 * 3600 * 1000;
constexpr double kImportance = 0.4;  // between the least and the most important

struct Candidate {
  Note note;
  double place = 0;  ///< 1: the first in every order
  double score = 0;
};
using Candidates = std::vector<Candidate>;

std::int64_t notes_with(SQLite::Database& database, const std::string& word) {
  SQLite::Statement count(database,
                          "SELECT count(*) FROM (SELECT 1 FROM note_words WHERE note_words MATCH ? LIMIT ?)");
  count.bind(1, match_expression(std::span(&word, 1)));
  count.bind(2, kCommon);
  return count.executeStep() ? count.getColumn(0).getInt64() : 0;
}

/// Those that tell most, in the order of the query.
std::vector<std::string> rarest(SQLite::Database& database, std::vector<std::string> words) {
  if (words.size() <= kMostWords) return words;
  std::vector<std::pair<std::int64_t, std::size_t>> counts;
  for (std::size_t i = 0; i < words.size(); ++i)
    if (const std::int64_t count = notes_with(database, words[i]); count > 0) counts.emplace_back(count, i);
  std::sort(counts.begin(), counts.end());
  counts.resize(std::min(counts.size(), kMostWords));
  std::sort(counts.begin(), counts.end(), [](auto& a, auto& b) { return a.second < b.second; });
  std::vector<std::string> rare;
  for (const auto& [count, i] : counts) rare.push_back(words[i]);
  return rare;
}

/// What notes must be like beside their words.
std::string filter_sql(const NoteQuery& query) {
  std::string sql = "(expires_ms IS NULL OR expires_ms > :now)";
  if (!query.with_history) sql += " AND superseded_by = 0";
  for (std::size_t i = 0; i < query.tags.size(); ++i)
    sql += " AND EXISTS(SELECT 1 FROM json_each(note.tags) WHERE value = :tag" + std::to_string(i) + ")";
  if (!query.folder.empty())
    sql += " AND (path = :folder OR substr(path, 1, length(:folder) + 1) = :folder || '/')";
  if (query.since_ms) sql += " AND created_ms >= :since";
  if (query.until_ms) sql += " AND created_ms < :until";
  if (query.importance) sql += " AND importance >= :importance";
  return sql;
}

void bind_filter(SQLite::Statement& statement, const NoteQuery& query, std::int64_t now_ms) {
  statement.bind(":now", now_ms);
  for (std::size_t i = 0; i < query.tags.size(); ++i)
    statement.bind(":tag" + std::to_string(i), query.tags[i]);
  if (!query.folder.empty()) statement.bind(":folder", query.folder);
  if (query.since_ms) statement.bind(":since", *query.since_ms);
  if (query.until_ms) statement.bind(":until", *query.until_ms);
  if (query.importance) statement.bind(":importance", *query.importance);
}

bool has_higher_score(const Candidate& one, const Candidate& other) {
  return one.score > other.score;
}

double place_of(std::size_t rank) {
  return (kRankDamping + 1) / (kRankDamping + 1 + static_cast<double>(rank));
}

double score_of(const Candidate& one, std::int64_t now_ms) {
  const double age = static_cast<double>(std::max<std::int64_t>(0, now_ms - one.note.created_ms));
  const double newness = 1 - kNewness + kNewness * std::exp2(-age / kHalfLifeMs);
  return one.place * newness * (1 - kImportance / 2 + kImportance * one.note.importance);
}

std::vector<Note> newest(SQLite::Database& database, const NoteQuery& query, std::int64_t now_ms) {
  SQLite::Statement rows(database, std::string("SELECT") + kNoteColumns + "FROM note WHERE " +
                                       filter_sql(query) + " ORDER BY created_ms DESC, id DESC LIMIT :most");
  bind_filter(rows, query, now_ms);
  rows.bind(":most", static_cast<std::int64_t>(query.most));
  std::vector<Note> notes;
  while (rows.executeStep()) notes.push_back(note_from(rows));
  return notes;
}

Candidates by_words(SQLite::Database& database, const NoteQuery& query, std::int64_t now_ms) {
  const std::vector<std::string> words = rarest(database, query_words(query.words));
  if (words.empty()) return {};
  SQLite::Statement rows(
      database, std::string("SELECT") + kNoteColumns +
                    ", note_words.rank AS bm25 FROM note_words JOIN note ON note.id = note_words.rowid"
                    " WHERE note_words MATCH :words AND " +
                    filter_sql(query) + " ORDER BY note_words.rank, note.id LIMIT :most");
  bind_filter(rows, query, now_ms);
  rows.bind(":words", match_expression(words));
  rows.bind(":most", static_cast<std::int64_t>(std::max(kCandidates, query.most)));
  Candidates found;
  while (rows.executeStep()) {
    Note note = note_from(rows);
    const double exact = exact_share(words_of(note), words);
    const double bm25 = -rows.getColumn("bm25").getDouble();
    found.push_back({std::move(note), 0, bm25 * (1 + kExactWords * exact)});
  }
  std::stable_sort(found.begin(), found.end(), has_higher_score);
  for (std::size_t i = 0; i < found.size(); ++i) found[i].place = place_of(i);
  return found;
}

/// Where a filter may leave out most notes, only what it leaves may be among the nearest.
std::function<bool(std::int64_t)> wanted_by(SQLite::Database& database, const NoteQuery& query,
                                            std::int64_t now_ms) {
  const bool is_narrow =
      !query.tags.empty() || !query.folder.empty() || query.since_ms || query.until_ms || query.importance;
  if (!is_narrow) return {};
  SQLite::Statement rows(database, "SELECT id FROM note WHERE " + filter_sql(query));
  bind_filter(rows, query, now_ms);
  std::set<std::int64_t> ids;
  while (rows.executeStep()) ids.insert(rows.getColumn(0).getInt64());
  return [ids = std::move(ids)](std::int64_t id) { return ids.contains(id); };
}

Candidates by_vector(SQLite::Database& database, const NoteQuery& query, std::int64_t now_ms,
                     VectorsInMemory& vectors) {
  SQLite::Statement row(
      database, std::string("SELECT") + kNoteColumns + "FROM note WHERE id = :id AND " + filter_sql(query));
  const auto is_wanted = wanted_by(database, query, now_ms);
  const std::size_t most = std::max(kCandidates, query.most);
  Candidates found;
  for (std::size_t nearest = kNearest;; nearest *= 8) {
    found.clear();
    const auto all = vectors.nearest(database, *query.near, nearest, is_wanted);
    for (const Near& near : all) {
      bind_filter(row, query, now_ms);
      row.bind(":id", near.id);
      const double place = place_of(found.size());
      if (row.executeStep()) found.push_back({note_from(row), place});
      row.reset();
      if (found.size() == most) return found;
    }
    if (all.size() < nearest) return found;
  }
}

Candidates fused(Candidates words, Candidates vector) {
  constexpr double kWeights = kWordsWeight + kVectorWeight;
  for (Candidate& one : words) one.place *= kWordsWeight / kWeights;
  for (Candidate& one : vector) {
    one.place *= kVectorWeight / kWeights;
    const auto same = std::find_if(words.begin(), words.end(),
                                   [&](const Candidate& other) { return other.note.id == one.note.id; });
    if (same == words.end())
      words.push_back(std::move(one));
    else
      same->place += one.place;
  }
  return words;
}

}  // namespace

std::vector<Note> find_notes(SQLite::Database& database, const NoteQuery& query, std::int64_t now_ms,
                             VectorsInMemory& vectors) {
  if (query.words.empty()) return newest(database, query, now_ms);
  Candidates found = by_words(database, query, now_ms);
  if (query.near) found = fused(std::move(found), by_vector(database, query, now_ms, vectors));
  for (Candidate& one : found) one.score = score_of(one, now_ms);
  std::stable_sort(found.begin(), found.end(), has_higher_score);
  std::vector<Note> notes;
  for (std::size_t i = 0; i < std::min(found.size(), query.most); ++i)
    notes.push_back(std::move(found[i].note));
  return notes;
}

}  // namespace agentd
