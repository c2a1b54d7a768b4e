#include "core/search_words.h"

#include <algorithm>
#include <array>
#include <set>
#include <sstream>

namespace agentd {

namespace {

constexpr std::size_t kMostQueryWords = 64;
constexpr std::size_t kLongestWhole = 40;  // bytes: what is longer is a path or a heap of data, not a name

struct Range {
  char32_t first;
  char32_t last;
};

/// Written without blanks between words; and Hangul, whose endings would hide its words.
constexpr std::array kPaired{
    Range{0x0E00, 0x0E7F},    // Thai
    Range{0x0E80, 0x0EFF},    // Lao
    Range{0x1000, 0x109F},    // Burmese
    Range{0x1780, 0x17FF},    // Khmer
    Range{0x1100, 0x11FF},    // Hangul
    Range{0x3005, 0x3007},    // 々 〆 〇
    Range{0x3041, 0x3096},    // Hiragana
    Range{0x30A1, 0x30FA},    // Katakana
    Range{0x30FC, 0x30FF},    // ー and others
    Range{0x3400, 0x4DBF},    // Han
    Range{0x4E00, 0x9FFF},    //
    Range{0xAC00, 0xD7A3},    // Hangul
    Range{0xF900, 0xFAFF},    // Han
    Range{0x20000, 0x3FFFF},  //
};

/// U+FF66 to U+FF9D as they are usually written.
constexpr std::u32string_view kHalfWidthKatakana =
    U"ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリ"
    U"ルレロワン";

bool is_paired(char32_t c) {
  return std::any_of(kPaired.begin(), kPaired.end(),
                     [&](const Range& range) { return c >= range.first && c <= range.last; });
}

bool is_digit(char32_t c) {
  return c >= '0' && c <= '9';
}
bool is_upper(char32_t c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char32_t c) {
  return c >= 'a' && c <= 'z';
}
/// What FTS5's tokenizer does not take for a part of a word is not told apart here: it splits there anyway.
bool is_word(char32_t c) {
  return is_digit(c) || is_upper(c) || is_lower(c) || c >= 0x80;
}
bool is_blank(char32_t c) {
  return c <= ' ' || c == 0x7F || c == 0xA0 || (c >= 0x2000 && c <= 0x206F) || (c >= 0x3000 && c <= 0x3004) ||
         (c >= 0x3008 && c <= 0x3020) || c == 0xFFFD;
}

/// One character, of any bytes; U+FFFD for what is none.
char32_t next_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t size = lead < 0x80   ? 1
                           : lead < 0xC2 ? 0
                           : lead < 0xE0 ? 2
                           : lead < 0xF0 ? 3
                           : lead < 0xF5 ? 4
                                         : 0;
  bool is_whole = size > 0 && size <= text.size();
  char32_t c = size <= 1 ? lead : lead & (0x7Fu >> size);
  for (std::size_t i = 1; is_whole && i < size; ++i) {
    is_whole = (byte(i) & 0xC0) == 0x80;
    c = c << 6 | (byte(i) & 0x3Fu);
  }
  text.remove_prefix(is_whole ? size : 1);
  return is_whole ? c : 0xFFFD;
}

void append(std::string& text, char32_t c) {
  if (c < 0x80) {
    text += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr std::array<unsigned, 4> kLead{0, 0xC0, 0xE0, 0xF0};
  text += static_cast<char>(kLead.at(static_cast<std::size_t>(more)) | c >> (6 * more));
  for (int i = more - 1; i >= 0; --i) text += static_cast<char>(0x80 | (c >> (6 * i) & 0x3F));
}

/// Full-width Latin and half-width Katakana as they are usually written.
std::u32string usual_characters(std::string_view text) {
  std::u32string usual;
  while (!text.empty()) {
    char32_t c = next_character(text);
    if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
    if (c >= 0xFF66 && c <= 0xFF9D) c = kHalfWidthKatakana[c - 0xFF66];
    const bool has_mark = (c == 0xFF9E || c == 0xFF9F) && !usual.empty() && is_paired(usual.back());
    if (has_mark)
      usual.back() += c - 0xFF9D;  // カ and its mark make ガ
    else if (c == 0xDF)            // ß
      usual += U"ss";
    else if (c == 0x1E9E)
      usual += U"SS";
    else
      usual += c;
  }
  return usual;
}

/// Puts words one behind the other.
class Words {
 public:
  void add(std::u32string_view word) {
    if (word.empty()) return;
    if (!text_.empty()) text_ += ' ';
    for (const char32_t c : word) append(text_, c);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add_pairs(std::u32string_view run, Words& words) {
  if (run.size() == 1) return words.add(run);
  for (std::size_t i = 0; i + 1 < run.size(); ++i) words.add(run.substr(i, 2));
}

/// Whether a part of a name begins here: getUser|Name, HTTP|Server, max|2.
bool is_seam(std::u32string_view chunk, std::size_t i) {
  const char32_t before = chunk[i - 1], here = chunk[i];
  if (is_lower(before) && is_upper(here)) return true;
  return is_upper(before) && is_upper(here) && i + 1 < chunk.size() && is_lower(chunk[i + 1]);
}

/// What stands between two blanks, or beside a script of pairs.
void add_chunk(std::u32string_view chunk, Words& words) {
  std::u32string whole;
  std::size_t parts = 0, begin = 0;
  const auto end_part = [&](std::size_t end) {
    words.add(chunk.substr(begin, end - begin));
    parts += end > begin ? 1 : 0;
  };
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    if (is_word(chunk[i])) whole += chunk[i];
    if (is_word(chunk[i]) && (i == begin || !is_seam(chunk, i))) continue;
    end_part(i);
    begin = is_word(chunk[i]) ? i : i + 1;
  }
  end_part(chunk.size());
  if (parts > 1 && whole.size() <= kLongestWhole) words.add(whole);
}

std::string lowered(std::string word) {
  for (char& c : word)
    if (is_upper(static_cast<unsigned char>(c))) c = static_cast<char>(c + 32);
  return word;
}

bool is_common(const std::string& word) {
  static const std::set<std::string_view> kCommon{
      "a",    "about", "all",   "also",  "an",   "and",  "any",  "are",  "as",   "at",  "be",
      "been", "but",   "by",    "can",   "did",  "do",   "does", "for",  "from", "had", "has",
      "have", "how",   "i",     "if",    "in",   "into", "is",   "it",   "its",  "me",  "my",
      "no",   "not",   "of",    "on",    "or",   "our",  "so",   "than", "that", "the", "their",
      "them", "then",  "there", "these", "they", "this", "to",   "us",   "was",  "we",  "were",
      "what", "when",  "where", "which", "who",  "why",  "will", "with", "you",  "your"};
  return kCommon.contains(word);
}

}  // namespace

std::string search_words(std::string_view text) {
  const std::u32string all = usual_characters(text);
  const std::u32string_view view = all;
  Words words;
  for (std::size_t i = 0; i < view.size();) {
    const auto end_of = [&](auto belongs) {
      std::size_t end = i;
      while (end < view.size() && belongs(view[end])) ++end;
      return end;
    };
    if (is_blank(view[i])) {
      ++i;
    } else if (is_paired(view[i])) {
      const std::size_t end = end_of(is_paired);
      add_pairs(view.substr(i, end - i), words);
      i = end;
    } else {
      const std::size_t end = end_of([](char32_t c) { return !is_blank(c) && !is_paired(c); });
      add_chunk(view.substr(i, end - i), words);
      i = end;
    }
  }
  return words.take();
}

std::vector<std::string> query_words(std::string_view text) {
  std::istringstream in(search_words(text));
  std::vector<std::string> words, common;
  std::set<std::string> seen;
  for (std::string word; in >> word && words.size() < kMostQueryWords;) {
    word = lowered(std::move(word));
    if (seen.insert(word).second) (is_common(word) ? common : words).push_back(word);
  }
  return words.empty() ? common : words;
}

double exact_share(std::string_view text, std::span<const std::string> words) {
  const std::string padded = lowered(" " + std::string(text) + " ");
  const auto is_there = [&](const std::string& word) {
    return padded.find(" " + word + " ") != std::string::npos;
  };
  const auto there = std::count_if(words.begin(), words.end(), is_there);
  return words.empty() ? 0 : static_cast<double>(there) / static_cast<double>(words.size());
}

std::string match_expression(std::span<const std::string> words) {
  std::string text;
  for (const std::string& word : words) {
    text += text.empty() ? "\"" : " OR \"";
    for (const char c : word) text += c == '"' ? "\"\"" : std::string(1, c);
    text += '"';
  }
  return text;
}

}  // namespace agentd
