#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace agentd {

/// A regular expression of a JSON Schema (ECMAScript) that follows all its ways at once: a text takes time in
/// proportion to its length and the size of the pattern, and no stack.
class SchemaPattern {
 public:
  explicit SchemaPattern(std::string_view pattern);

  /// False: it is wrong, too large, or has what needs backtracking or tables of Unicode.
  bool is_known() const { return !steps_.empty(); }
  std::size_t size() const { return steps_.size(); }
  /// Whether some part of the text, in UTF-8, matches; `spend` is told the work as it is done.
  bool matches(std::string_view text, const std::function<void(std::size_t)>& spend) const;

 private:
  friend class PatternReader;
  using Range = std::pair<char32_t, char32_t>;  ///< first and last
  using Set = std::vector<Range>;
  enum class Does { Take, Split, Begin, End, Border, NoBorder, Match };
  struct Step {
    Does does;
    std::int32_t first = 0;  ///< Take: the number of its set; Split: how far its two ways lead
    std::int32_t second = 0;
  };
  using Steps = std::vector<Step>;

  static bool contains(const Set& set, char32_t c);
  bool holds(Does assertion, std::u32string_view text, std::size_t at) const;

  std::vector<Set> sets_;
  Steps steps_;
};

}  // namespace agentd
