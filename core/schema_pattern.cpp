#include "core/schema_pattern.h"

#include <algorithm>
#include <charconv>
#include <regex>
#include <vector>

// By itself std::regex takes a stack frame for each character, and time without bound for patterns such as
// (a+)+$. Where its library can be told to follow all ways at once instead, that is asked for: a try costs
// the size of the pattern, repetitions counted out, times its groups, which are copied, times the length of
// the text; and there is a try at each character.

namespace agentd {
namespace {

constexpr std::size_t kLongestPattern = 1000;
constexpr std::size_t kLargestSize = 100'000;
constexpr std::size_t kMostCost = 10'000'000;

#ifdef __GLIBCXX__
constexpr std::size_t kLongestText = 8192;
constexpr auto kFlags = std::regex::ECMAScript | std::regex_constants::__polynomial;
#else
constexpr std::size_t kLongestText = 256;
constexpr auto kFlags = std::regex::ECMAScript;
#endif

/// The larger number of {n}, {n,} or {n,m}.
std::size_t repetitions(std::string_view braces) {
  std::size_t most = 1;
  for (const char* at = braces.data(); at < braces.data() + braces.size();) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(at, braces.data() + braces.size(), number);
    if (error == std::errc::result_out_of_range) return kLargestSize;
    most = std::max(most, number);
    at = end == at ? at + 1 : end;
  }
  return std::min(most, kLargestSize);
}

/// About how many characters the pattern has with its counted repetitions written out.
std::size_t size_of(std::string_view pattern) {
  std::vector<std::size_t> groups = {0};  // the sizes of those that are open
  std::size_t last = 0;                   // the size of what a repetition would repeat
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    const std::size_t close = c == '{' ? pattern.find('}', at) : std::string_view::npos;
    if (c == '(') {
      groups.push_back(0);
      continue;
    }
    if (c == ')' && groups.size() > 1) {
      last = groups.back() + 1;
      groups.pop_back();
    } else if (close != std::string_view::npos) {
      const std::size_t more = last * (repetitions(pattern.substr(at, close - at)) - 1);
      groups.back() = std::min(groups.back() + more, kLargestSize);
      last = std::min(last + more, kLargestSize);
      at = close;
      continue;
    } else {
      if (c == '\\') ++at;
      last = 1;
    }
    groups.back() = std::min(groups.back() + last, kLargestSize);
  }
  std::size_t size = 0;
  for (const std::size_t group : groups) size += group;
  return size;
}

}  // namespace

bool may_match(const std::string& pattern, std::string_view text) {
  if (pattern.size() > kLongestPattern || text.size() > kLongestText) return true;
  const auto groups = static_cast<std::size_t>(std::count(pattern.begin(), pattern.end(), '('));
  if (size_of(pattern) * (groups + 1) * (text.size() + 1) * (text.size() + 1) > kMostCost) return true;
  try {
    return std::regex_search(text.begin(), text.end(), std::regex(pattern, kFlags));
  } catch (const std::regex_error&) {
    return true;
  }
}

}  // namespace agentd
