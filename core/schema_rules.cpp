#include "core/schema_rules.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/schema_pattern.h"
#include "core/schema_words.h"

namespace agentd {
namespace {

using json = nlohmann::json;

bool has_type(const SchemaValue& value, std::string_view type) {
  if (type != "integer") return type == value.type;
  return value.type == "number" && std::trunc(value.number) == value.number;  // 5.0 is one too
}

std::string words_for(const std::string& type) {
  if (type == "boolean") return "true or false";
  if (type == "null") return "null";
  return (type == "array" || type == "integer" || type == "object" ? "an " : "a ") + type;
}

std::string type_problem(const json& rules, const SchemaValue& value) {
  if (!rules.contains("type")) return "";
  const json types = rules["type"].is_array() ? rules["type"] : json::array({rules["type"]});
  std::vector<std::string> words;
  for (const std::string type : types) {
    if (has_type(value, type)) return "";
    words.push_back(words_for(type));
  }
  return "must be " + joined(words, " or ");
}

std::string choice_problem(const json& rules, const SchemaValue& value) {
  if (rules.contains("const") && !value.equals(rules["const"]))
    return "must be " + quotable(rules["const"].dump());
  if (!rules.contains("enum")) return "";
  const json& choices = rules["enum"];
  if (std::any_of(choices.begin(), choices.end(), value.equals)) return "";
  std::vector<std::string> words;
  for (const json& choice : choices) words.push_back(choice.dump());
  return "must be one of " + quotable(joined(words, ", "));
}

struct Bound {
  const char* name;
  bool (*keeps)(double value, double bound);
  std::string_view words;
};
using Bounds = std::vector<Bound>;
bool is_least(double value, double bound) {
  return value >= bound;
}
bool is_most(double value, double bound) {
  return value <= bound;
}
/// 0.07 is a multiple of 0.01 although the two cannot be written exactly.
bool is_multiple(double value, double step) {
  const double rest = std::abs(std::remainder(value, step));
  const bool is_whole = std::trunc(value) == value && std::trunc(step) == step;
  return rest == 0 || (!is_whole && rest <= std::max(1e-9 * step, 1e-15 * std::abs(value)));
}
const Bounds kNumber = {{"minimum", is_least, "must be at least "},
                        {"maximum", is_most, "must be at most "},
                        {"exclusiveMinimum", [](double a, double b) { return a > b; }, "must be more than "},
                        {"exclusiveMaximum", [](double a, double b) { return a < b; }, "must be less than "},
                        {"multipleOf", is_multiple, "must be a multiple of "}};
const Bounds kString = {{"minLength", is_least, "must have at least this many characters: "},
                        {"maxLength", is_most, "must have at most this many characters: "}};
const Bounds kArray = {{"minItems", is_least, "must have at least this many elements: "},
                       {"maxItems", is_most, "must have at most this many elements: "}};
const Bounds kObject = {{"minProperties", is_least, "must have at least this many members: "},
                        {"maxProperties", is_most, "must have at most this many members: "}};

std::string bound_problem(const json& rules, const Bounds& bounds, double value) {
  for (const Bound& bound : bounds) {
    const auto found = rules.find(bound.name);
    if (found == rules.end() || bound.keeps(value, found->get<double>())) continue;
    return std::string(bound.words) + found->dump();
  }
  return "";
}

std::string string_problem(const json& rules, const std::string& text) {
  const auto length = std::count_if(text.begin(), text.end(),
                                    [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  const std::string problem = bound_problem(rules, kString, static_cast<double>(length));
  if (!problem.empty() || !rules.contains("pattern")) return problem;
  const std::string& pattern = rules["pattern"].get_ref<const std::string&>();
  return may_match(pattern, text) ? "" : "must match the pattern " + quotable(pattern);
}

std::string size_problem(const json& rules, const SchemaValue& value) {
  if (value.type == "number") return bound_problem(rules, kNumber, value.number);
  if (value.type == "string") return string_problem(rules, value.text);
  if (value.type == "object") return bound_problem(rules, kObject, static_cast<double>(value.size));
  if (value.type != "array") return "";
  const std::string problem = bound_problem(rules, kArray, static_cast<double>(value.size));
  if (!problem.empty()) return problem;
  return rules.value("uniqueItems", false) && value.has_twins() ? "must not have the same element twice" : "";
}

std::string value_problem(const json& rules, const SchemaValue& value) {
  if (rules.contains("never")) return "must not be given";
  for (const auto check : {type_problem, choice_problem, size_problem}) {
    std::string problem = check(rules, value);
    if (!problem.empty()) return problem;
  }
  return "";
}

std::vector<RuleProblem> member_problems(const json& rules, const std::set<std::string>& names) {
  std::vector<RuleProblem> problems;
  const auto require = [&](const json& needed) {
    for (const std::string name : needed)
      if (names.count(name) == 0) problems.push_back({name, "is missing"});
  };
  if (rules.contains("required")) require(rules["required"]);
  if (rules.contains("dependentRequired"))
    for (const auto& [name, needed] : rules["dependentRequired"].items())
      if (names.count(name) > 0) require(needed);
  if (rules.contains("closed"))
    for (const std::string& name : names)
      if (!rules["closed"].contains(name)) problems.push_back({name, "is unknown"});
  return problems;
}

}  // namespace

std::vector<RuleProblem> rule_problems(const json& rules, const SchemaValue& value) {
  const std::string problem = value_problem(rules, value);
  if (!problem.empty()) return {{std::nullopt, problem}};
  return value.type == "object" ? member_problems(rules, value.names) : std::vector<RuleProblem>();
}

}  // namespace agentd
