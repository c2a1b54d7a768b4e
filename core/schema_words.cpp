#include "core/schema_words.h"

#include <algorithm>

namespace agentd {
namespace {

constexpr std::size_t kMostFindings = 5;
constexpr std::size_t kLongestQuote = 120;
constexpr std::size_t kLongestText = 500;
constexpr std::string_view kMore = "; and more";

}  // namespace

std::string json_pointer(const std::vector<std::string>& names) {
  std::string pointer;
  for (const std::string& name : names) {
    pointer += '/';
    for (const char c : name)
      if (c == '~')
        pointer += "~0";
      else if (c == '/')
        pointer += "~1";
      else
        pointer += c;
  }
  return pointer;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string all;
  for (const std::string& word : words) all.append(all.empty() ? "" : between).append(word);
  return all;
}

std::string quotable(std::string text) {
  constexpr std::string_view kMark = "…";
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  if (text.size() <= kLongestQuote) return text;
  std::size_t end = kLongestQuote - kMark.size();
  while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end).append(kMark);
}

std::string explain(const std::vector<SchemaFinding>& findings) {
  std::vector<std::string> parts;
  for (const SchemaFinding& finding : findings) {
    std::string part = finding.place.empty() ? finding.words : quotable(finding.place) + ": " + finding.words;
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(std::move(part));
    if (parts.size() > kMostFindings) break;
  }
  std::string text;
  std::size_t said = 0;
  for (; said < std::min(parts.size(), kMostFindings); ++said) {
    const std::string next = (text.empty() ? "" : "; ") + parts[said];
    if (text.size() + next.size() + kMore.size() > kLongestText) break;
    text += next;
  }
  if (text.empty() && !parts.empty()) return quotable(parts.front());
  return said < parts.size() ? text.append(kMore) : text;
}

}  // namespace agentd
