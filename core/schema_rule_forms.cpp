#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/schema_rules.h"

namespace agentd {
namespace {

using json = nlohmann::json;

enum class Needs { Anything, Number, AboveZero, Count, Text, Names, Types, List, NamesOfNames, Flag };
struct Rule {
  std::string_view name;
  Needs needs;
  std::string_view expected;
};
constexpr std::array kRules = {
    Rule{"const", Needs::Anything, ""},
    Rule{"dependentRequired", Needs::NamesOfNames, "an object of lists of names"},
    Rule{"enum", Needs::List, "a list of at least one value"},
    Rule{"exclusiveMaximum", Needs::Number, "a number"},
    Rule{"exclusiveMinimum", Needs::Number, "a number"},
    Rule{"maxItems", Needs::Count, "a whole number of at least 0"},
    Rule{"maxLength", Needs::Count, "a whole number of at least 0"},
    Rule{"maxProperties", Needs::Count, "a whole number of at least 0"},
    Rule{"maximum", Needs::Number, "a number"},
    Rule{"minItems", Needs::Count, "a whole number of at least 0"},
    Rule{"minLength", Needs::Count, "a whole number of at least 0"},
    Rule{"minProperties", Needs::Count, "a whole number of at least 0"},
    Rule{"minimum", Needs::Number, "a number"},
    Rule{"multipleOf", Needs::AboveZero, "a number above 0"},
    Rule{"pattern", Needs::Text, "a text"},
    Rule{"required", Needs::Names, "a list of names"},
    Rule{"type", Needs::Types, "array, boolean, integer, null, number, object, string or a list of these"},
    Rule{"uniqueItems", Needs::Flag, "true or false"}};

bool is_name(const json& value) {
  return value.is_string();
}

bool is_type(const json& value) {
  constexpr std::array<std::string_view, 7> kTypes = {"array",  "boolean", "integer", "null",
                                                      "number", "object",  "string"};
  return value.is_string() &&
         std::find(kTypes.begin(), kTypes.end(), value.get_ref<const std::string&>()) != kTypes.end();
}

bool is_list_of(bool (*accepts)(const json&), const json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), accepts);
}

bool fits(const json& value, Needs needs) {
  switch (needs) {
    case Needs::Anything:
      return true;
    case Needs::Number:
      return value.is_number();
    case Needs::AboveZero:
      return value.is_number() && value.get<double>() > 0;
    case Needs::Count:
      return value.is_number() && value.get<double>() >= 0 &&
             value.get<double>() == std::floor(value.get<double>());
    case Needs::Text:
      return value.is_string();
    case Needs::Names:
      return is_list_of(is_name, value);
    case Needs::Types:
      return is_type(value) || (is_list_of(is_type, value) && !value.empty());
    case Needs::List:
      return value.is_array() && !value.empty();
    case Needs::NamesOfNames:
      return value.is_object() && std::all_of(value.begin(), value.end(),
                                              [](const json& names) { return is_list_of(is_name, names); });
    case Needs::Flag:
      return value.is_boolean();
  }
  return false;
}

}  // namespace

std::string read_schema_rules(const json& schema, json& rules) {
  for (const Rule& rule : kRules) {
    const auto found = schema.find(rule.name);
    if (found == schema.end()) continue;
    const std::string name(rule.name);
    if (!fits(*found, rule.needs)) return name + " must be " + std::string(rule.expected);
    rules[name] = *found;
  }
  return "";
}

}  // namespace agentd
