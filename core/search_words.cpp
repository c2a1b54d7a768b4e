#include "core/search_words.h"

#include <sstream>

namespace agentd {

std::string search_words(std::string_view text) {
  return std::string(text);
}

std::vector<std::string> query_words(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
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
