#include "core/store/note_search.h"

#include <algorithm>
#include <cmath>

#include "core/search_words.h"
#include "core/store/note_table.h"

// Notes that share words with the query, the rarer the better (BM25), by their place in that order; then what
// is newer or more important comes a little earlier.

namespace agentd {

namespace {

constexpr std::size_t kMostWords = 12;   // the rarest alone find as much as all, at a fraction of the cost
constexpr std::size_t kCandidates = 50;  // looked at more closely
constexpr std::int64_t kCommon = 1000;   // notes with a word: more are not counted
constexpr double kRankDamping = 10;
constexpr double kNewness = 0.15;  // what a note loses with age
constexpr double kHalfLifeMs = 90.0 * 24 * 3600 * 1000;
constexpr double kImportance = 0.4;  // between the least and the most important

struct Candidate {
  Note note;
  double score = 0;
};

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

double score_of(const Note& note, std::size_t rank, std::int64_t now_ms) {
  const double age = static_cast<double>(std::max<std::int64_t>(0, now_ms - note.created_ms));
  const double place = (kRankDamping + 1) / (kRankDamping + 1 + static_cast<double>(rank));
  const double newness = 1 - kNewness + kNewness * std::exp2(-age / kHalfLifeMs);
  return place * newness * (1 - kImportance / 2 + kImportance * note.importance);
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

}  // namespace

std::vector<Note> find_notes(SQLite::Database& database, const NoteQuery& query, std::int64_t now_ms) {
  if (query.words.empty()) return newest(database, query, now_ms);
  const std::vector<std::string> words = rarest(database, query_words(query.words));
  if (words.empty()) return {};
  SQLite::Statement rows(database, std::string("SELECT") + kNoteColumns +
                                       "FROM note_words JOIN note ON note.id = note_words.rowid"
                                       " WHERE note_words MATCH :words AND " +
                                       filter_sql(query) + " ORDER BY note_words.rank, note.id LIMIT :most");
  bind_filter(rows, query, now_ms);
  rows.bind(":words", match_expression(words));
  rows.bind(":most", static_cast<std::int64_t>(std::max(kCandidates, query.most)));
  std::vector<Candidate> found;
  while (rows.executeStep()) {
    Note note = note_from(rows);
    const double score = score_of(note, found.size(), now_ms);
    found.push_back({std::move(note), score});
  }
  std::stable_sort(found.begin(), found.end(), [](auto& a, auto& b) { return a.score > b.score; });
  std::vector<Note> notes;
  for (std::size_t i = 0; i < std::min(found.size(), query.most); ++i)
    notes.push_back(std::move(found[i].note));
  return notes;
}

}  // namespace agentd
