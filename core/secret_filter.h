#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/secrets.h"

namespace agentd {

/// A text without its line breaks, as long as it comes, that knows where they were: encoders break their
/// lines anywhere. Of several in a row only the first is left out.
class Unbroken {
 public:
  void append(std::string_view piece);
  const std::string& text() const { return text_; }
  /// Where a character of text() stood, its line breaks counted.
  std::size_t original(std::size_t index) const;
  /// Forgets the first characters of text(), and the line breaks before the one that is first then.
  void erase(std::size_t count);

 private:
  bool leaves_out(char line_break);

  std::string text_;
  std::vector<std::size_t> breaks_;  ///< how much of text_ came before each
  char previous_ = 'x';
  bool is_run_over_ = false;  ///< what follows of this run of line breaks stays
};

/// Puts "[secret]" in the place of secrets, in text that comes in pieces; one for those that overlap.
class SecretFilter {
 public:
  /// `secrets` must live as long. What becomes known meanwhile is masked from then on.
  explicit SecretFilter(const Secrets& secrets) : secrets_(secrets) {}
  explicit SecretFilter(Secrets&&) = delete;

  /// What can be passed on by now: it may hold back the end of `bytes`, until `flush`.
  std::string filter(std::string_view bytes);
  std::string flush() { return take(secrets_.forms(), unbroken_.text().size()); }

 private:
  std::string take(const SecretForms& forms, std::size_t count);

  const Secrets& secrets_;
  std::string held_;
  Unbroken unbroken_;     ///< held_, to be searched
  std::size_t done_ = 0;  ///< so much of held_ belongs to a secret that has been masked already
};

}  // namespace agentd
