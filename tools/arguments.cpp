#include "tools/arguments.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/json_schema.h"
#include "tools/answers.h"

namespace agentd {
namespace {

using Json = nlohmann::ordered_json;

/// No text at all means no arguments; so do some servers write it.
std::string_view text_or_none(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos ? "{}" : text;
}

std::string known_names(const std::string& schema) {
  const Json rules = Json::parse(schema, nullptr, false);
  std::string names;
  if (rules.is_object() && rules.contains("properties") && rules["properties"].is_object())
    for (const auto& [name, property] : rules["properties"].items())
      names += (names.empty() ? "" : ", ") + name;
  return names;
}

std::string syntax_problem(const Json::exception& error) {
  const std::string_view what = error.what();
  const std::size_t prefix = what.find("] ");  // "[json.exception.parse_error.101] "
  const std::string_view why = prefix == std::string_view::npos ? what : what.substr(prefix + 2);
  return fill(sentence("arguments_not_json"), {{"why", why}});
}

/// Null is how some models leave an argument out.
std::string without_nulls(const Json& object) {
  Json rest = Json::object();
  for (const auto& [name, value] : object.items())
    if (!value.is_null()) rest[name] = value;
  return rest.dump();
}

/// Some models write integers as 5.0.
std::optional<std::int64_t> to_integer(const Json& value) {
  constexpr double kLargest = 9e18;
  const double number = value.get<double>();
  if (std::trunc(number) != number) return std::nullopt;
  if (std::abs(number) > kLargest) return number < 0 ? INT64_MIN : INT64_MAX;
  return value.is_number_float() ? static_cast<std::int64_t>(number) : value.get<std::int64_t>();
}

}  // namespace

std::string arguments_problem(const ToolSpec& spec, std::string_view text) {
  const std::string_view given = text_or_none(text);
  const std::string known = known_names(spec.parameters);
  try {
    const Json object = Json::parse(given);
    // Copying it takes a stack frame for each level.
    if (schema_error("true", given))
      return fill(sentence("arguments_not_json"), {{"why", "nested too deeply"}});
    if (!object.is_object()) return fill(sentence("arguments_not_object"), {{"known", known}});
    std::optional<std::string> why = schema_error(spec.parameters, given);
    if (why) why = schema_error(spec.parameters, without_nulls(object));
    return why ? fill(sentence("arguments_wrong"), {{"why", *why}, {"known", known}}) : "";
  } catch (const Json::exception& error) {
    return syntax_problem(error);
  }
}

Arguments::Arguments(std::string_view text) {
  const Json object = Json::parse(text_or_none(text));
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) values_.emplace(name, value.get<std::string>());
    if (value.is_boolean()) values_.emplace(name, value.get<bool>());
    if (!value.is_number()) continue;
    if (const std::optional<std::int64_t> number = to_integer(value)) values_.emplace(name, *number);
  }
}

std::string Arguments::text(const std::string& name, const std::string& otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : std::get<std::string>(found->second);
}

std::int64_t Arguments::number(const std::string& name, std::int64_t otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : std::get<std::int64_t>(found->second);
}

bool Arguments::flag(const std::string& name) const {
  const auto found = values_.find(name);
  return found != values_.end() && std::get<bool>(found->second);
}

}  // namespace agentd
