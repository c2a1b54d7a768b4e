#include "tools/pattern.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "tools/answers.h"

namespace agentd {
namespace {

constexpr std::size_t kLongest = 1000;
constexpr std::size_t kMostRepetitions = 1000;
constexpr std::size_t kForgetAfter = 1024 * 1024;  // bytes; what glibc caches grows with the text it has seen

bool has_back_reference(std::string_view pattern) {
  for (std::size_t at = 0; at + 1 < pattern.size(); ++at) {
    if (pattern[at] != '\\') continue;
    if (pattern[at + 1] >= '1' && pattern[at + 1] <= '9') return true;
    ++at;
  }
  return false;
}

/// POSIX has no \\d, and models write it.
std::string with_digits(std::string pattern) {
  bool is_in_brackets = false;
  for (std::size_t at = 0; at + 1 < pattern.size(); ++at) {
    if (pattern[at] == '[') is_in_brackets = true;
    if (pattern[at] == ']') is_in_brackets = false;
    if (pattern[at] != '\\') continue;
    if (pattern[at + 1] == 'd') pattern.replace(at, 2, is_in_brackets ? "0-9" : "[0-9]");
    ++at;
  }
  return pattern;
}

/// The product of all bounds as in a{2,30}, nested or not: what the compiled pattern may grow to.
std::size_t repetitions(std::string_view pattern) {
  std::size_t product = 1;
  for (std::size_t at = pattern.find('{'); at < pattern.size(); at = pattern.find('{', at + 1)) {
    const std::size_t end = std::min(pattern.find('}', at), pattern.size());
    std::size_t most = 1;
    for (const char* digit = &pattern[at] + 1; digit < pattern.data() + end;) {
      std::size_t number = 0;
      const auto [rest, error] = std::from_chars(digit, pattern.data() + end, number);
      if (error == std::errc::result_out_of_range) return SIZE_MAX;
      most = std::max(most, number);
      digit = std::max(rest, digit + 1);
    }
    product *= std::min(most, kMostRepetitions + 1);
    if (product > kMostRepetitions) return product;
  }
  return product;
}

std::string objection(const std::string& pattern) {
  if (pattern.size() > kLongest)
    return fill(sentence("search_too_long"), {{"limit", std::to_string(kLongest)}});
  if (has_back_reference(pattern)) return std::string(sentence("search_back_reference"));
  if (repetitions(pattern) > kMostRepetitions) {
    return fill(sentence("search_too_many"), {{"limit", std::to_string(kMostRepetitions)}});
  }
  return "";
}

}  // namespace

void Pattern::Free::operator()(regex_t* regex) const {
  ::regfree(regex);
  delete regex;
}

Pattern::Pattern(const std::string& pattern, Case letters)
    : pattern_(with_digits(pattern)), flags_(REG_EXTENDED | (letters == Case::Ignored ? REG_ICASE : 0)) {
  std::string why = objection(pattern_);
  if (why.empty()) why = compile();
  if (!why.empty()) problem_ = fill(sentence("search_pattern"), {{"why", why}});
}

std::string Pattern::compile() {
  auto regex = std::make_unique<regex_t>();
  const int error = ::regcomp(regex.get(), pattern_.c_str(), flags_);
  if (error == 0) {
    regex_.reset(regex.release());
    return "";
  }
  std::array<char, 200> text;
  ::regerror(error, regex.get(), text.data(), text.size());
  return text.data();
}

std::optional<std::size_t> Pattern::find(std::string_view line) {
  searched_ += line.size();
  if (searched_ > kForgetAfter) {
    compile();
    searched_ = 0;
  }
  regmatch_t match = {};
  match.rm_eo = static_cast<regoff_t>(line.size());
  if (::regexec(regex_.get(), line.data(), 1, &match, REG_STARTEND) != 0) return std::nullopt;
  return static_cast<std::size_t>(match.rm_so);
}

}  // namespace agentd
