#pragma once

#include <regex.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace agentd {

/// A POSIX extended regular expression without what could make it take for ever, for lines of a few KiB.
class Pattern {
 public:
  enum class Case { Matters, Ignored };

  Pattern(const std::string& pattern, Case letters);

  /// Why the pattern cannot be used, for the model to read; empty: it can.
  const std::string& problem() const { return problem_; }
  /// Where the first match begins.
  std::optional<std::size_t> find(std::string_view line);

 private:
  struct Free {
    void operator()(regex_t* regex) const;
  };

  /// Returns why it cannot, or nothing.
  std::string compile();

  std::string pattern_;
  int flags_;
  std::string problem_;
  std::unique_ptr<regex_t, Free> regex_;
  std::size_t searched_ = 0;
};

}  // namespace agentd
