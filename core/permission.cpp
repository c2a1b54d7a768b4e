#include "core/permission.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/text.h"

// A guard against what an agent does without thinking. What it must never be able to do is up to the sandbox:
// a shell has more ways to say a thing than patterns can foresee.

namespace agentd {

namespace {

using Json = nlohmann::ordered_json;

struct Pattern {
  std::string_view tool;
  std::optional<std::string_view> value;
};

Pattern parse(std::string_view text) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, open), text.substr(open + 1, text.size() - open - 2)};
}

/// What of a call a pattern looks at.
struct Looked {
  std::string argument;
  std::string_view glob;
};

/// The first required argument, or the one that the pattern names.
Looked looked_at(std::string_view value, const ToolSpec& tool) {
  const Json schema = Json::parse(tool.parameters, nullptr, false);
  if (!schema.is_object()) return {"", value};
  const std::size_t equals = value.find('=');
  const auto properties = schema.find("properties");
  if (equals != std::string_view::npos && properties != schema.end() && properties->is_object() &&
      properties->contains(value.substr(0, equals)))
    return {std::string(value.substr(0, equals)), value.substr(equals + 1)};
  const auto required = schema.find("required");
  if (required == schema.end() || !required->is_array() || required->empty() ||
      !required->front().is_string())
    return {"", value};
  return {required->front().get<std::string>(), value};
}

std::optional<std::string> argument_of(std::string_view arguments, const std::string& name) {
  const Json object = Json::parse(arguments, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(name);
  if (found == object.end()) return std::nullopt;
  return found->is_string() ? found->get<std::string>()
                            : found->dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Words with one blank between, without quotes.
std::string plain_words(std::string_view text) {
  std::string words;
  for (const char c : text) {
    if (c == '\'' || c == '"' || c == '\\') continue;
    const bool is_blank = c == ' ' || c == '\t' || c == '\r';
    if (!is_blank)
      words += c;
    else if (!words.empty() && words.back() != ' ')
      words += ' ';
  }
  if (words.ends_with(' ')) words.pop_back();
  return words;
}

/// Any part of the command, with or without the words before it: `cd x && sudo git push` is a `git push`.
bool occurs_in_command(const std::string& command, std::string_view glob) {
  constexpr std::string_view kOperators = ";&|\n(){}`$<>";
  for (std::size_t begin = 0; begin <= command.size();) {
    const std::size_t end = std::min(command.find_first_of(kOperators, begin), command.size());
    const std::string words = plain_words(std::string_view(command).substr(begin, end - begin));
    begin = end + 1;
    for (std::string_view rest = words; !rest.empty();) {
      if (fits_glob(rest, glob)) return true;
      const std::size_t blank = glob.starts_with('*') ? std::string_view::npos : rest.find(' ');
      rest = blank == std::string_view::npos ? "" : rest.substr(blank + 1);
    }
  }
  return fits_glob(plain_words(command), glob);
}

bool is_command(const std::string& command, std::string_view glob) {
  constexpr std::string_view kHiding = ";&|\n(){}`$<>";
  return command.find_first_of(kHiding) == std::string::npos && fits_glob(command, glob);
}

/// Without empty parts, `.` and `..` as far as they can be followed by name.
std::string plain_path(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != "..")
      parts.push_back(part);
    else if (!parts.empty() && parts.back() != "..")
      parts.pop_back();
    else if (!path.starts_with('/'))
      parts.push_back(part);
  }
  std::string plain = path.starts_with('/') ? "/" : "";
  for (const std::string_view part : parts)
    plain.append(plain.empty() || plain == "/" ? "" : "/").append(part);
  return plain;
}

/// However the path is written; an absolute one may lead into the workspace.
bool occurs_in_path(const std::string& path, std::string_view glob) {
  const std::string normal = plain_path(path);
  if (fits_glob(path, glob) || fits_glob(normal, glob) || fits_glob(normal + "/", glob)) return true;
  if (!path.starts_with('/')) return false;
  for (std::size_t slash = normal.find('/'); slash != std::string::npos; slash = normal.find('/', slash + 1))
    if (fits_glob(std::string_view(normal).substr(slash + 1), glob)) return true;
  return false;
}

bool is_path(const std::string& path, std::string_view glob) {
  const std::string normal = plain_path(path);
  return !normal.starts_with("..") && fits_glob(normal, glob);
}

bool fits_value(const PermissionRule& rule, const Looked& looked, const std::string& value) {
  if (looked.glob == "*") return true;
  const bool is_grant = rule.decision == "allow";
  if (looked.argument == "command")
    return is_grant ? is_command(value, looked.glob) : occurs_in_command(value, looked.glob);
  if (looked.argument == "path")
    return is_grant ? is_path(value, looked.glob) : occurs_in_path(value, looked.glob);
  return fits_glob(value, looked.glob);
}

bool fits(const PermissionRule& rule, const ToolSpec& tool, std::string_view arguments) {
  const Pattern pattern = parse(rule.pattern);
  if (!fits_glob(tool.name, pattern.tool)) return false;
  if (!pattern.value) return true;
  const Looked looked = looked_at(*pattern.value, tool);
  const std::optional<std::string> value = argument_of(arguments, looked.argument);
  return value ? fits_value(rule, looked, *value) : looked.glob == "*";
}

Permission to_permission(const std::string& decision) {
  if (decision == "deny") return Permission::Deny;
  return decision == "ask" ? Permission::Ask : Permission::Allow;
}

}  // namespace

Permission permission_for(const std::vector<PermissionRule>& rules, const ToolSpec& tool,
                          std::string_view arguments) {
  for (const PermissionRule& rule : rules)
    if (fits(rule, tool, arguments)) return to_permission(rule.decision);
  return Permission::Allow;
}

bool is_denied(const std::vector<PermissionRule>& rules, std::string_view tool) {
  for (const PermissionRule& rule : rules) {
    const Pattern pattern = parse(rule.pattern);
    if (!fits_glob(tool, pattern.tool)) continue;
    if (rule.decision != "deny") return false;
    if (!pattern.value || *pattern.value == "*") return true;
  }
  return false;
}

bool is_permission_pattern(std::string_view text) {
  const std::size_t open = text.find('(');
  const std::string_view tool = text.substr(0, open);
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-*?";
  if (tool.empty() || tool.find_first_not_of(kLetters) != std::string_view::npos) return false;
  return open == std::string_view::npos || (text.ends_with(')') && text.size() > open + 2);
}

}  // namespace agentd
