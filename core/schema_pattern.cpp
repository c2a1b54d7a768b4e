#include "core/schema_pattern.h"

#include <algorithm>
#include <optional>
#include <string>

namespace agentd {
namespace {

constexpr std::size_t kMostSteps = 10'000;
constexpr std::size_t kMostRepetitions = 10'000;
constexpr int kDeepest = 100;
constexpr char32_t kLast = 0x10FFFF;

/// Of valid UTF-8.
std::u32string code_points(std::string_view text) {
  std::u32string points;
  for (std::size_t at = 0; at < text.size();) {
    const auto head = static_cast<unsigned char>(text[at++]);
    char32_t point = head < 0x80   ? head
                     : head < 0xE0 ? head & 0x1FU
                     : head < 0xF0 ? head & 0x0FU
                                   : head & 0x07U;
    for (; at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80; ++at)
      point = (point << 6) | (static_cast<unsigned char>(text[at]) & 0x3FU);
    points += point;
  }
  return points;
}

}  // namespace

/// Steps lead to each other by distance, so those of a part can be copied for each repetition.
class PatternReader {
 public:
  PatternReader(std::string_view pattern, std::vector<SchemaPattern::Set>& sets)
      : text_(code_points(pattern)), sets_(sets) {}

  /// None if the pattern is not known.
  SchemaPattern::Steps read() {
    Steps steps = choices(0);
    if (is_wrong_ || at_ < text_.size()) return {};
    steps.push_back({Does::Match});
    return steps;
  }

 private:
  using Does = SchemaPattern::Does;
  using Set = SchemaPattern::Set;
  using Steps = SchemaPattern::Steps;

  char32_t peek() const { return at_ < text_.size() ? text_[at_] : U'\0'; }
  char32_t next() { return at_ < text_.size() ? text_[at_++] : (fail(), U'\0'); }
  bool take(std::u32string_view word) {
    if (text_.compare(at_, word.size(), word) != 0) return false;
    at_ += word.size();
    return true;
  }
  void fail() {
    is_wrong_ = true;
    at_ = text_.size();
  }

  static void append(Steps& steps, const Steps& more) { steps.insert(steps.end(), more.begin(), more.end()); }
  static std::int32_t length(const Steps& steps) { return static_cast<std::int32_t>(steps.size()); }

  Steps choices(int depth) {
    if (depth > kDeepest) fail();
    std::vector<Steps> ways = {sequence(depth)};
    while (take(U"|")) ways.push_back(sequence(depth));
    std::size_t size = 0;
    for (const Steps& way : ways) size += way.size() + 2;
    if (size > kMostSteps) fail();
    Steps all;
    for (std::size_t i = 0; i < ways.size() && !is_wrong_; ++i) {
      const bool is_last = i + 1 == ways.size();
      if (!is_last) all.push_back({Does::Split, 1, length(ways[i]) + 2});
      append(all, ways[i]);
      const auto rest = static_cast<std::int32_t>(size - all.size()) - 2;
      if (!is_last) all.push_back({Does::Split, rest, rest});
    }
    return all;
  }

  Steps sequence(int depth) {
    Steps all;
    while (at_ < text_.size() && peek() != U'|' && peek() != U')') {
      append(all, repeated(atom(depth)));
      if (all.size() > kMostSteps) fail();
    }
    return all;
  }

  Steps repeated(const Steps& part) {
    if (take(U"*")) return repetition(part, 0, std::nullopt);
    if (take(U"+")) return repetition(part, 1, std::nullopt);
    if (take(U"?")) return repetition(part, 0, 1);
    if (!take(U"{")) return part;
    const std::size_t least = number(10, SIZE_MAX);
    std::optional<std::size_t> most = least;
    if (take(U",")) {
      most.reset();
      if (peek() != U'}') most = number(10, SIZE_MAX);
    }
    if (!take(U"}") || (most && *most < least)) fail();
    return repetition(part, least, most);
  }

  Steps repetition(const Steps& part, std::size_t least, std::optional<std::size_t> most) {
    take(U"?");  // lazily or not, the same texts match
    if (most.value_or(least) > kMostRepetitions || most.value_or(least) * (part.size() + 1) > kMostSteps)
      fail();
    Steps all;
    if (is_wrong_) return all;
    for (std::size_t i = 0; i < least; ++i) append(all, part);
    for (std::size_t i = least; i < most.value_or(least + 1); ++i) {
      all.push_back({Does::Split, 1, length(part) + (most ? 1 : 2)});
      append(all, part);
    }
    if (!most) all.push_back({Does::Split, -length(part) - 1, 1});
    return all;
  }

  Steps atom(int depth) {
    const char32_t c = next();
    if (c == U'^') return {{Does::Begin}};
    if (c == U'$') return {{Does::End}};
    if (c == U'(') return group(depth);
    if (c == U'[') return taken(bracket());
    if (c == U'.') return taken(complement({{U'\n', U'\n'}, {U'\r', U'\r'}, {0x2028, 0x2029}}));
    if (c == U'*' || c == U'+' || c == U'?' || c == U'{') fail();
    if (c != U'\\') return taken({{c, c}});
    if (take(U"b")) return {{Does::Border}};
    if (take(U"B")) return {{Does::NoBorder}};
    return taken(escape());
  }

  Steps taken(Set set) {
    sets_.push_back(std::move(set));
    return {{Does::Take, static_cast<std::int32_t>(sets_.size()) - 1}};
  }

  Steps group(int depth) {
    if (take(U"?") && !take(U":")) {
      if (!take(U"<") || peek() == U'=' || peek() == U'!') fail();  // what stands before or behind
      while (!is_wrong_ && next() != U'>') {
      }
    }
    Steps steps = choices(depth + 1);
    if (!take(U")")) fail();
    return steps;
  }

  static Set complement(Set set) {
    std::sort(set.begin(), set.end());
    Set rest;
    char32_t from = 0;
    for (const auto& [first, last] : set) {
      if (first > from) rest.emplace_back(from, first - 1);
      from = std::max(from, char32_t{last + 1});
    }
    if (from <= kLast) rest.emplace_back(from, kLast);
    return rest;
  }

  Set bracket() {
    const bool is_other = take(U"^");
    Set all;
    while (!is_wrong_ && !take(U"]")) {
      const Set set = element();
      if (peek() == U'-' && at_ + 1 < text_.size() && text_[at_ + 1] != U']') {
        ++at_;
        const Set end = element();
        if (!is_one(set) || !is_one(end) || end[0].first < set[0].first) return fail(), Set();
        all.emplace_back(set[0].first, end[0].first);
      } else {
        all.insert(all.end(), set.begin(), set.end());
      }
    }
    return is_other ? complement(all) : all;
  }

  static bool is_one(const Set& set) { return set.size() == 1 && set[0].first == set[0].second; }

  Set element() {
    const char32_t c = next();
    if (c != U'\\') return {{c, c}};
    return take(U"b") ? Set{{U'\b', U'\b'}} : escape();
  }

  Set escape() {
    const char32_t c = next();
    if (c == U'd' || c == U'w' || c == U's') return named(c);
    if (c == U'D' || c == U'W' || c == U'S') return complement(named(c - U'A' + U'a'));
    const char32_t one = escaped(c);
    return {{one, one}};
  }

  static Set named(char32_t letter) {
    if (letter == U'd') return {{U'0', U'9'}};
    if (letter == U'w') return {{U'0', U'9'}, {U'A', U'Z'}, {U'_', U'_'}, {U'a', U'z'}};
    return {{0x09, 0x0D},     {0x20, 0x20},     {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
            {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
  }

  char32_t escaped(char32_t c) {
    constexpr std::u32string_view kLetters = U"tnrfv";
    if (const std::size_t at = kLetters.find(c); at != kLetters.npos) return U"\t\n\r\f\v"[at];
    if (c == U'x') return static_cast<char32_t>(number(16, 2));
    if (c == U'u') return unicode();
    const bool is_word = (c >= U'0' && c <= U'9') || (c >= U'A' && c <= U'Z') || (c >= U'a' && c <= U'z');
    if (c == U'0' && (peek() < U'0' || peek() > U'9')) return U'\0';
    if (is_word) fail();
    return c;
  }

  char32_t unicode() {
    if (take(U"{")) {
      const std::size_t point = number(16, SIZE_MAX);
      if (!take(U"}") || point > kLast) fail();
      return static_cast<char32_t>(point);
    }
    const auto point = static_cast<char32_t>(number(16, 4));
    if (point < 0xD800 || point > 0xDBFF || !take(U"\\u")) return point;
    return 0x10000 + ((point - 0xD800) << 10) + static_cast<char32_t>(number(16, 4) & 0x3FF);
  }

  /// Of at least one digit; of as many as said, if it is said.
  std::size_t number(std::size_t base, std::size_t count) {
    constexpr std::u32string_view kDigits = U"0123456789abcdef0123456789ABCDEF";
    std::size_t value = 0;
    std::size_t read = 0;
    for (; read < count; ++read, ++at_) {
      const std::size_t digit = kDigits.find(at_ < text_.size() ? text_[at_] : U'-');
      if (digit == kDigits.npos || digit % 16 >= base) break;
      value = std::min(value * base + digit % 16, std::size_t{kLast} + 1);
    }
    if (read == 0 || (count != SIZE_MAX && read != count)) fail();
    return value;
  }

  std::u32string text_;
  std::size_t at_ = 0;
  bool is_wrong_ = false;
  std::vector<Set>& sets_;
};

SchemaPattern::SchemaPattern(std::string_view pattern) : steps_(PatternReader(pattern, sets_).read()) {}

bool SchemaPattern::contains(const Set& set, char32_t c) {
  return std::any_of(set.begin(), set.end(),
                     [c](const Range& range) { return range.first <= c && c <= range.second; });
}

bool SchemaPattern::holds(Does assertion, std::u32string_view text, std::size_t at) const {
  if (assertion == Does::Begin) return at == 0;
  if (assertion == Does::End) return at == text.size();
  static const Set word = {{U'0', U'9'}, {U'A', U'Z'}, {U'_', U'_'}, {U'a', U'z'}};
  const bool before = at > 0 && contains(word, text[at - 1]);
  const bool behind = at < text.size() && contains(word, text[at]);
  return (before != behind) == (assertion == Does::Border);
}

bool SchemaPattern::matches(std::string_view utf8, const std::function<void(std::size_t)>& spend) const {
  const std::u32string text = code_points(utf8);
  std::vector<std::size_t> open;   // steps to be taken at this place
  std::vector<std::size_t> takes;  // those of them that take a character
  std::vector<std::size_t> seen(steps_.size(), 0);
  for (std::size_t at = 0; at <= text.size(); ++at, takes.clear()) {
    std::size_t work = 1;
    for (open.push_back(0); !open.empty(); ++work) {
      const std::size_t number = open.back();
      open.pop_back();
      if (std::exchange(seen[number], at + 1) == at + 1) continue;
      const Step& step = steps_[number];
      if (step.does == Does::Match) return true;
      if (step.does == Does::Take) {
        takes.push_back(number);
      } else if (step.does == Does::Split) {
        open.push_back(number + static_cast<std::size_t>(step.first));  // unsigned: wraps back
        open.push_back(number + static_cast<std::size_t>(step.second));
      } else if (holds(step.does, text, at)) {
        open.push_back(number + 1);
      }
    }
    for (const std::size_t number : takes) {
      const Set& set = sets_[static_cast<std::size_t>(steps_[number].first)];
      work += set.size();
      if (at < text.size() && contains(set, text[at])) open.push_back(number + 1);
    }
    spend(work);
  }
  return false;
}

}  // namespace agentd
