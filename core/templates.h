#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentd {

/// A stretch of a text with places for arguments, such as "--page={{page}}".
struct TemplatePart {
  std::string text;  ///< as it stands, or the argument's name
  bool is_argument = false;
  bool operator==(const TemplatePart&) const = default;
};

/// {{NAME}} is a place; NAME begins with a letter or _, and goes on with letters, digits, _ - and '.'. What
/// else stands in braces is text.
std::vector<TemplatePart> parse_template(std::string_view text);
/// The argument of a text that is nothing but one place.
std::optional<std::string> whole_template(std::string_view text);
/// The names in it, as often as they stand there.
std::vector<std::string> template_names(std::string_view text);

}  // namespace agentd
