#include "tools/arguments.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "tools/answers.h"

namespace agentd {
namespace {

using Json = nlohmann::ordered_json;

std::string names_of(const Json& properties) {
  std::string names;
  for (const auto& [name, property] : properties.items()) names += (names.empty() ? "" : ", ") + name;
  return names;
}

/// "a string", "an integer of at least 1", "a boolean".
std::string expected(const Json& property) {
  const std::string type = property.at("type");
  std::string words = (type == "integer" ? "an " : "a ") + type;
  if (property.contains("minimum")) words += " of at least " + property.at("minimum").dump();
  return words;
}

/// Some models write integers as 5.0.
std::optional<std::int64_t> to_integer(const Json& value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it, doubles skip integers
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) return std::nullopt;
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_number_float()) return std::nullopt;
  const double number = value.get<double>();
  if (std::trunc(number) != number || std::abs(number) > kExact) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::optional<std::variant<std::string, std::int64_t, bool>> to_value(const Json& value,
                                                                      const Json& property) {
  const std::string type = property.at("type");
  if (type == "string" && value.is_string()) return value.get<std::string>();
  if (type == "boolean" && value.is_boolean()) return value.get<bool>();
  if (type != "integer") return std::nullopt;
  const std::optional<std::int64_t> number = to_integer(value);
  if (!number || *number < property.value("minimum", INT64_MIN)) return std::nullopt;
  return *number;
}

/// No text at all means no arguments; so do some servers write it.
Json parse(std::string_view text, std::string& problem) {
  try {
    return text.empty() ? Json::object() : Json::parse(text);
  } catch (const Json::exception& error) {
    const std::string_view what = error.what();
    const std::size_t prefix = what.find("] ");  // "[json.exception.parse_error.101] "
    const std::string_view why = prefix == std::string_view::npos ? what : what.substr(prefix + 2);
    problem = fill(sentence("arguments_not_json"), {{"why", why}});
    return Json::object();
  }
}

}  // namespace

Arguments::Arguments(std::string_view text, std::string_view schema) {
  const Json rules = Json::parse(schema);
  const Json& properties = rules.at("properties");
  const std::string known = names_of(properties);
  const Json object = parse(text, problem_);
  if (!problem_.empty()) return;
  if (!object.is_object()) {
    problem_ = fill(sentence("arguments_not_object"), {{"known", known}});
    return;
  }
  for (const auto& [name, value] : object.items()) {
    if (!properties.contains(name)) {
      problem_ = fill(sentence("argument_unknown"), {{"name", name}, {"known", known}});
      return;
    }
    if (value.is_null()) continue;  // how some models leave an argument out
    const Json& property = properties.at(name);
    const auto read = to_value(value, property);
    if (!read) {
      problem_ = fill(sentence("argument_wrong"),
                      {{"name", name}, {"expected", expected(property)}, {"known", known}});
      return;
    }
    values_.emplace(name, *read);
  }
  for (const std::string name : rules.value("required", Json::array())) {
    if (has(name)) continue;
    problem_ = fill(sentence("argument_missing"),
                    {{"name", name}, {"expected", expected(properties.at(name))}, {"known", known}});
    return;
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
