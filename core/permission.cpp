#include "core/permission.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/text.h"
#include "core/url.h"

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
  bool is_required = false;
};

/// The argument that the pattern names, the first required one, or the first.
Looked looked_at(std::string_view value, const ToolSpec& tool) {
  const Json schema = Json::parse(tool.parameters, nullptr, false);
  if (!schema.is_object()) return {"", value};
  const Json properties = schema.value("properties", Json::object());
  const Json required = schema.value("required", Json::array());
  const auto is_required = [&](const Json& name) {
    return std::find(required.begin(), required.end(), name) != required.end();
  };
  const std::size_t equals = value.find('=');
  const std::string named(value.substr(0, equals));
  if (equals != std::string_view::npos && properties.contains(named))
    return {named, value.substr(equals + 1), is_required(named)};
  if (required.is_array() && !required.empty() && required.front().is_string())
    return {required.front().get<std::string>(), value, true};
  return {properties.is_object() && !properties.empty() ? properties.begin().key() : "", value};
}

bool is_same_name(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

/// All values that a tool may take for the argument: of those with the same name some read the first and some
/// the last, and some do not care how a name is written. What tools refuse has none. They look at the
/// workspace where a path may be left out.
std::vector<std::string> values_of(std::string_view arguments, const Looked& looked) {
  std::vector<std::string> values;
  bool is_it = false;
  const auto look = [&](int depth, Json::parse_event_t event, const Json& parsed) {
    using Parsed = Json::parse_event_t;
    if (depth == 1 && event == Parsed::key)
      is_it = is_same_name(parsed.get_ref<const std::string&>(), looked.argument);
    if (depth != 1 || !is_it || parsed.is_null() ||
        (event != Parsed::value && event != Parsed::object_end && event != Parsed::array_end))
      return true;
    values.push_back(parsed.is_string() ? parsed.get<std::string>()
                                        : parsed.dump(-1, ' ', false, Json::error_handler_t::replace));
    return true;
  };
  // Deeper JSON would take a stack frame for each level.
  if (is_json_object(arguments) && Json::parse(arguments, look, false).is_discarded()) values.clear();
  if (values.empty() && looked.argument == "path" && !looked.is_required) values.emplace_back(".");
  return values;
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

/// Without the line ends that a shell passes over.
std::string on_one_line(std::string command) {
  for (std::size_t at = 0; (at = command.find("\\\n", at)) != std::string::npos;) command.erase(at, 2);
  return command;
}

/// Whether the words begin as the pattern says, with or without the folder of the program.
bool begins_command(std::string_view words, std::string_view glob) {
  const std::size_t slash = words.substr(0, words.find(' ')).rfind('/');
  return fits_glob(words, glob) ||
         (slash != std::string_view::npos && fits_glob(words.substr(slash + 1), glob));
}

/// Any part of the command, with or without the words before it: `cd x && sudo git push` is a `git push`.
bool occurs_in_command(const std::string& text, std::string_view glob) {
  constexpr std::string_view kOperators = ";&|\n(){}`$<>";
  const std::string command = on_one_line(text);
  for (std::size_t begin = 0; begin <= command.size();) {
    const std::size_t end = std::min(command.find_first_of(kOperators, begin), command.size());
    const std::string words = plain_words(std::string_view(command).substr(begin, end - begin));
    begin = end + 1;
    for (std::string_view rest = words; !rest.empty();) {
      if (begins_command(rest, glob)) return true;
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
  return plain.empty() ? "." : plain;
}

/// What the path may be called by a pattern. An absolute one may lead into a workspace that we do not know.
std::vector<std::string> names_of(const std::string& path, const std::string& workspace) {
  const std::string normal = plain_path(path);
  if (!path.starts_with('/')) {
    std::vector<std::string> names{normal, "./" + normal};
    if (!workspace.empty()) names.push_back(plain_path(workspace + "/" + path));
    return names;
  }
  std::vector<std::string> names{normal};
  for (std::size_t slash = 0; slash != std::string::npos; slash = normal.find('/', slash + 1))
    names.push_back("./" + normal.substr(slash + 1));
  for (std::size_t i = names.size() - 1; i > 0; --i) names.push_back(names[i].substr(2));
  if (workspace.empty() ? normal.ends_with("/workspace") : normal == plain_path(workspace))
    names.emplace_back(".");
  return names;
}

/// Whether there may be something below the folder that the pattern means.
bool is_above(const std::string& folder, std::string_view glob) {
  if (folder == ".") return !glob.starts_with('/');
  return glob.substr(0, glob.find_first_of("*?")).starts_with(folder == "/" ? folder : folder + "/");
}

/// However the path and the pattern are written: who may look at a folder sees all that is in it.
bool occurs_in_path(const std::string& path, std::string_view pattern, const std::string& workspace) {
  const std::string glob = plain_path(pattern);
  const std::vector<std::string> names = names_of(path, workspace);
  return fits_glob(path, pattern) || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
           return fits_glob(name, glob) || fits_glob(name + "/", glob) || is_above(name, glob);
         });
}

/// A `..` may lead elsewhere than its name says, by way of a link.
bool is_path(const std::string& path, std::string_view pattern) {
  const bool has_parent = ("/" + path + "/").find("/../") != std::string::npos;
  return !has_parent && fits_glob(plain_path(path), plain_path(pattern));
}

bool occurs_in_url(const std::string& text, std::string_view glob) {
  const std::optional<Url> url = parse_url(text);
  return fits_glob(text, glob) || (url && fits_glob(to_string(*url), glob));
}

bool is_url(const std::string& text, std::string_view glob) {
  const std::optional<Url> url = parse_url(text);
  return url && (text == glob || fits_glob(to_string(*url), glob));
}

bool fits_value(const Task& task, bool is_grant, const Looked& looked, const std::string& value) {
  if (looked.glob == "*") return true;
  if (looked.argument == "command")
    return is_grant ? is_command(value, looked.glob) : occurs_in_command(value, looked.glob);
  if (looked.argument == "path")
    return is_grant ? is_path(value, looked.glob) : occurs_in_path(value, looked.glob, task.workspace);
  if (looked.argument == "url")
    return is_grant ? is_url(value, looked.glob) : occurs_in_url(value, looked.glob);
  return fits_glob(value, looked.glob);
}

bool fits(const Task& task, const PermissionRule& rule, const ToolSpec& tool, std::string_view arguments) {
  const Pattern pattern = parse(rule.pattern);
  if (!fits_glob(tool.name, pattern.tool)) return false;
  if (!pattern.value) return true;
  const Looked looked = looked_at(*pattern.value, tool);
  const std::vector<std::string> values = values_of(arguments, looked);
  if (values.empty()) return looked.glob == "*";
  const bool is_grant = rule.decision == "allow";
  const auto does_fit = [&](const std::string& value) { return fits_value(task, is_grant, looked, value); };
  return is_grant ? std::all_of(values.begin(), values.end(), does_fit)
                  : std::any_of(values.begin(), values.end(), does_fit);
}

Permission to_permission(const std::string& decision) {
  if (decision == "deny") return Permission::Deny;
  return decision == "ask" ? Permission::Ask : Permission::Allow;
}

}  // namespace

Permission permission_for(const Task& task, const ToolSpec& tool, std::string_view arguments) {
  for (const PermissionRule& rule : task.permissions)
    if (fits(task, rule, tool, arguments)) return to_permission(rule.decision);
  return Permission::Allow;
}

std::optional<Permission> permission_for_all(const std::vector<PermissionRule>& rules,
                                             std::string_view tool) {
  std::optional<Permission> common;
  const auto differs = [&](Permission next) { return common && *common != next; };
  for (const PermissionRule& rule : rules) {
    const Pattern pattern = parse(rule.pattern);
    if (!fits_glob(tool, pattern.tool)) continue;
    const Permission next = to_permission(rule.decision);
    if (differs(next)) return std::nullopt;
    if (!pattern.value || *pattern.value == "*") return next;
    common = next;
  }
  return differs(Permission::Allow) ? std::nullopt : std::optional(Permission::Allow);
}

bool is_denied(const std::vector<PermissionRule>& rules, std::string_view tool) {
  return permission_for_all(rules, tool) == Permission::Deny;
}

bool is_permission_pattern(std::string_view text) {
  const std::size_t open = text.find('(');
  const std::string_view tool = text.substr(0, open);
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-*?";
  if (tool.empty() || tool.find_first_not_of(kLetters) != std::string_view::npos) return false;
  return open == std::string_view::npos || (text.ends_with(')') && text.size() > open + 2);
}

}  // namespace agentd
