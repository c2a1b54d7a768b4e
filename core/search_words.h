#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace agentd {

/// Counts up with every change of search_words: an index of other words is made anew.
constexpr int kSearchWordsVersion = 1;

/// The words of a text, for people's notes and questions alike, separated by blanks, as SQLite's FTS5 is
/// given them: its tokenizer folds letters, drops accents and stems. Scripts without blanks between words
/// (Chinese, Japanese, Thai, …), and Korean, become pairs of characters; a name such as getUserName or
/// max_retries is there whole and in parts. Takes any bytes.
std::string search_words(std::string_view text);

/// The words of a question, each once; without the commonest of English, unless there are no others.
std::vector<std::string> query_words(std::string_view text);

/// How many of a question's words a text, made of search_words, has in just that form: 1 is all. Stems
/// alone take "organs" for "organisation".
double exact_share(std::string_view text, std::span<const std::string> words);

/// What FTS5 is to match: any of these words. Empty for none.
std::string match_expression(std::span<const std::string> words);

}  // namespace agentd
