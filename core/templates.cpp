#include "core/templates.h"

#include <algorithm>

#include "core/text.h"

namespace agentd {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_name(std::string_view text) {
  const auto goes_on = [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), goes_on);
}

}  // namespace

std::vector<TemplatePart> parse_template(std::string_view text) {
  std::vector<TemplatePart> parts;
  const auto add = [&](std::string_view piece, bool is_argument) {
    if (!is_argument && !parts.empty() && !parts.back().is_argument)
      parts.back().text += piece;
    else if (!piece.empty())
      parts.push_back({std::string(piece), is_argument});
  };
  for (std::size_t open; (open = text.find("{{")) != std::string_view::npos;) {
    const std::size_t close = text.find("}}", open);
    if (close == std::string_view::npos) break;
    const std::string_view name = trimmed(text.substr(open + 2, close - open - 2), " ");
    add(text.substr(0, open), false);
    if (is_name(name)) {
      add(name, true);
      text.remove_prefix(close + 2);
    } else {
      add("{", false);
      text.remove_prefix(open + 1);
    }
  }
  add(text, false);
  return parts;
}

std::optional<std::string> whole_template(std::string_view text) {
  std::vector<TemplatePart> parts = parse_template(text);
  if (parts.size() != 1 || !parts[0].is_argument) return std::nullopt;
  return std::move(parts[0].text);
}

std::vector<std::string> template_names(std::string_view text) {
  std::vector<std::string> names;
  for (TemplatePart& part : parse_template(text))
    if (part.is_argument) names.push_back(std::move(part.text));
  return names;
}

}  // namespace agentd
