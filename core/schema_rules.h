#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace agentd {

/// What the rules of a schema see of a value.
struct SchemaValue {
  std::string_view type;  ///< as JSON Schema calls it; integers are numbers
  double number = 0;
  std::string text = {};
  std::size_t size = 0;  ///< of an array or object
  std::set<std::string> names = {};
  std::function<bool(const nlohmann::json&)> equals = {};
  std::function<bool()> has_twins = {};  ///< an array with the same element twice
};

struct RuleProblem {
  std::optional<std::string> member;  ///< none: the value itself
  std::string words;
};

/// Copies the keywords of a schema that say something about a value itself. Returns what is wrong with one of
/// them; empty: nothing.
std::string read_schema_rules(const nlohmann::json& schema, nlohmann::json& rules);

/// Rules by read_schema_rules, and two more: `never`, and `closed` with the names that an object may have.
std::vector<RuleProblem> rule_problems(const nlohmann::json& rules, const SchemaValue& value);

}  // namespace agentd
