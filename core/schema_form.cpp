#include "core/schema_form.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "core/schema_rules.h"

// Whoever walks a schema goes down with it: through its depth, through its references, and through schemas
// for one and the same value (allOf, anyOf …), which end only if they form no circle.

namespace agentd {
namespace {

using json = nlohmann::json;

constexpr std::size_t kMostSchemas = 1000;
constexpr int kDeepest = 120;
constexpr int kLongestChain = 10;

struct SchemaProblem : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Holds { Schema, Schemas, NamedSchemas };
struct Keyword {
  std::string_view name;
  Holds holds;
};
constexpr std::array kKeywords = {Keyword{"additionalProperties", Holds::Schema},
                                  Keyword{"allOf", Holds::Schemas},
                                  Keyword{"anyOf", Holds::Schemas},
                                  Keyword{"contains", Holds::Schema},
                                  Keyword{"dependentSchemas", Holds::NamedSchemas},
                                  Keyword{"else", Holds::Schema},
                                  Keyword{"if", Holds::Schema},
                                  Keyword{"items", Holds::Schema},
                                  Keyword{"not", Holds::Schema},
                                  Keyword{"oneOf", Holds::Schemas},
                                  Keyword{"prefixItems", Holds::Schemas},
                                  Keyword{"properties", Holds::NamedSchemas},
                                  Keyword{"then", Holds::Schema}};

/// Older drafts' words in those of the newest.
json modern(const json& schema) {
  json result = schema;
  const auto move = [&](const char* from, const char* to) {
    if (!result.contains(from)) return;
    json value = std::move(result[from]);
    result.erase(from);
    result[to] = std::move(value);
  };
  if (result.contains("items") && result["items"].is_array()) {
    move("items", "prefixItems");
    move("additionalItems", "items");
  }
  result.erase("additionalItems");
  for (const auto& [bound, exclusive] :
       {std::pair("minimum", "exclusiveMinimum"), std::pair("maximum", "exclusiveMaximum")}) {
    if (!result.contains(exclusive) || !result[exclusive].is_boolean()) continue;
    const bool is_exclusive = result[exclusive].get<bool>();
    result.erase(exclusive);
    if (is_exclusive) move(bound, exclusive);
  }
  if (result.contains("dependencies") && result["dependencies"].is_object()) {
    for (const auto& [name, needed] : result["dependencies"].items())
      result[needed.is_array() ? "dependentRequired" : "dependentSchemas"][name] = needed;
  }
  return result;
}

void rename(json& object, const char* from, const char* to) {
  if (!object.contains(from)) return;
  json value = std::move(object[from]);
  object.erase(from);
  object[to] = std::move(value);
}

/// What leads to other schemas in the words of draft 7, and what is a rule rather than a schema.
void settle(json& form, json& rules, const json& schema) {
  if (schema.contains("patternProperties")) {
    form.erase("additionalProperties");
  } else if (schema.contains("additionalProperties") && schema["additionalProperties"] == json(false)) {
    form.erase("additionalProperties");
    rules["closed"] = json::object();
    if (!schema.contains("properties")) return;
    for (const auto& [name, property] : schema["properties"].items()) rules["closed"][name] = true;
  }
  if (form.contains("prefixItems")) {
    rename(form, "items", "additionalItems");
    rename(form, "prefixItems", "items");
  }
  rename(form, "dependentSchemas", "dependencies");
}

class Former {
 public:
  Former(const json& root, json& rules) : root_(root), rules_(rules) {}

  json form() {
    json form = {{"allOf", json::array({reference("#", "")})}};
    for (std::size_t index = 0; index < targets_.size(); ++index) {
      const std::string pointer = targets_[index];
      form["definitions"][std::to_string(index)] = node(root_.at(json::json_pointer(pointer)), pointer);
    }
    return form;
  }

 private:
  [[noreturn]] static void refuse(const std::string& place, const std::string& why) {
    throw SchemaProblem((place.empty() ? "" : place + ": ") + why);
  }

  json node(const json& given, const std::string& place) {
    if (++count_ > kMostSchemas)
      refuse("", "it has more than " + std::to_string(kMostSchemas) + " schemas in it");
    json form = json::object();
    json rules = json::object();
    if (given.is_object()) {
      const json schema = modern(given);
      const std::string problem = read_schema_rules(schema, rules);
      if (!problem.empty()) refuse(place, problem);
      read_schemas(schema, place, form);
      settle(form, rules, schema);
    } else if (!given.is_boolean()) {
      refuse(place, "must be a schema: an object, true or false");
    } else if (!given.get<bool>()) {
      rules["never"] = true;
    }
    form[kRulesKeyword] = rules_.size();
    rules_.push_back(std::move(rules));
    return form;
  }

  void read_schemas(const json& schema, const std::string& place, json& form) {
    for (const Keyword& keyword : kKeywords) {
      const auto found = schema.find(keyword.name);
      if (found == schema.end()) continue;
      const std::string name(keyword.name);
      form[name] = children(*found, keyword.holds, place + "/" + name);
    }
    const auto found = schema.find("$ref");
    if (found == schema.end()) return;
    if (!found->is_string()) refuse(place + "/$ref", "must be a text");
    form["allOf"].push_back(reference(found->get<std::string>(), place));
  }

  json children(const json& value, Holds holds, const std::string& place) {
    if (holds == Holds::Schema) return node(value, place);
    const bool is_list = holds == Holds::Schemas;
    if (is_list ? !value.is_array() || value.empty() : !value.is_object())
      refuse(place, is_list ? "must be a list of at least one schema" : "must be an object of schemas");
    json result = value;
    for (auto& [name, child] : result.items())
      child = node(child, (json::json_pointer(place) / name).to_string());
    return result;
  }

  /// A reference in the form to what `text` refers to in the schema.
  json reference(const std::string& text, const std::string& place) {
    if (!text.starts_with('#'))
      refuse(place + "/$ref",
             "must lead to a place in the same schema, such as #/$defs/NAME; nothing is fetched");
    const std::string pointer = resolve(text.substr(1), place);
    const auto [found, is_new] = numbers_.emplace(pointer, targets_.size());
    if (is_new) targets_.push_back(pointer);
    return {{"$ref", "#/definitions/" + std::to_string(found->second)}};
  }

  std::string resolve(const std::string& fragment, const std::string& place) const {
    try {
      const json::json_pointer pointer(decoded(fragment));
      if (root_.contains(pointer)) return pointer.to_string();
    } catch (const json::exception&) {
    }
    refuse(place + "/$ref", "there is no #" + fragment);
  }

  /// Without %41: references are URLs.
  static std::string decoded(const std::string& text) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
      const bool is_code = text[at] == '%' && at + 2 < text.size() &&
                           std::isxdigit(static_cast<unsigned char>(text[at + 1])) != 0 &&
                           std::isxdigit(static_cast<unsigned char>(text[at + 2])) != 0;
      result += is_code ? static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16)) : text[at];
      if (is_code) at += 2;
    }
    return result;
  }

  const json& root_;
  json& rules_;
  std::size_t count_ = 0;
  std::vector<std::string> targets_;
  std::map<std::string, std::size_t> numbers_;
};

/// Refuses schemas that lead from one to the next for long, or for ever without leading into the value.
class Chains {
 public:
  explicit Chains(const json& form) : form_(form) {}

  /// Follows references the first time alone, as valijson does when it reads a schema, and in its order.
  void check(const json& schema, int depth = 0) {
    if (depth > kDeepest) throw SchemaProblem("its schemas lead too deep");
    if (schema.contains("$ref")) {
      const json& target = target_of(schema);
      if (seen_.insert(&target).second) check(target, depth + 1);
      return;
    }
    length(schema);
    for (const char* keyword : {"allOf", "anyOf", "contains", "dependencies", "additionalItems", "items",
                                "if", "then", "else", "not", "oneOf", "properties", "additionalProperties"}) {
      const auto found = schema.find(keyword);
      if (found == schema.end()) continue;
      if (found->contains(kRulesKeyword) && (*found)[kRulesKeyword].is_number())
        check(*found, depth + 1);
      else
        for (const json& each : *found) check(each, depth + 1);
    }
  }

 private:
  int length(const json& schema) {
    if (schema.contains("$ref")) return length(target_of(schema));
    const auto [known, is_new] = lengths_.emplace(&schema, kUnknown);
    if (!is_new && known->second == kUnknown)
      throw SchemaProblem("its schemas refer to each other in a circle");
    if (!is_new) return known->second;
    int longest = 0;
    for (const char* keyword : {"not", "if", "then", "else"})
      if (schema.contains(keyword)) longest = std::max(longest, length(schema[keyword]));
    for (const char* keyword : {"allOf", "anyOf", "oneOf", "dependencies"})
      if (schema.contains(keyword))
        for (const json& each : schema[keyword]) longest = std::max(longest, length(each));
    if (longest >= kLongestChain) throw SchemaProblem("its allOf, anyOf, $ref and the like lead too deep");
    return lengths_[&schema] = longest + 1;
  }

  const json& target_of(const json& reference) const {
    return form_.at(json::json_pointer(reference["$ref"].get_ref<const std::string&>().substr(1)));
  }

  static constexpr int kUnknown = 0;
  const json& form_;
  std::map<const json*, int> lengths_;
  std::set<const json*> seen_;
};

}  // namespace

std::string make_schema_form(const json& schema, json& form, json& rules) {
  try {
    rules = json::array();
    form = Former(schema, rules).form();
    Chains(form).check(form);
    return "";
  } catch (const SchemaProblem& problem) {
    return problem.what();
  }
}

}  // namespace agentd
