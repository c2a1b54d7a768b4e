#include "core/json_schema.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "core/schema_form.h"
#include "core/schema_rules.h"
#include "core/schema_words.h"

// valijson walks schema and value together. The rules about single values are checked here, as one constraint
// of ours at each place: so they are said in words that help, and there is an end to every check.

namespace agentd {
namespace {

using json = nlohmann::json;
using valijson::adapters::Adapter;
using valijson::adapters::NlohmannJsonAdapter;

constexpr std::size_t kMostVisits = 50'000;
constexpr std::size_t kMostExplained = 5'000;  ///< visits whose problems are collected
constexpr std::size_t kLongestSchema = 256 * 1024;
constexpr std::size_t kMostMembers = 5;     ///< problems of one value that are told
constexpr std::string_view kOurs = "\x01";  ///< before our own words among the library's

struct TooMuch {};

/// Whether no text and no number comes twice; lists and objects are not compared.
bool is_unique(const Adapter& array) {
  std::set<std::string> texts;
  std::set<double> numbers;
  return array.applyToArray([&](const Adapter& each) {
    if (each.isString()) return texts.insert(each.asString()).second;
    return !each.isNumber() || numbers.insert(each.asDouble()).second;
  });
}

SchemaValue value_of(const Adapter& adapter) {
  SchemaValue value;
  if (adapter.isString()) {
    value.type = "string";
    value.text = adapter.asString();
  } else if (adapter.isNumber()) {
    value.type = "number";
    value.number = adapter.asDouble();
  } else if (adapter.isArray()) {
    value.type = "array";
    value.size = adapter.getArraySize();
  } else if (adapter.isObject()) {
    value.type = "object";
    value.size = adapter.getObjectSize();
    adapter.applyToObject(
        [&](const std::string& name, const Adapter&) { return value.names.insert(name).second; });
  } else {
    value.type = adapter.isNull() ? "null" : "boolean";
  }
  value.equals = [&](const json& other) { return NlohmannJsonAdapter(other).equalTo(adapter, true); };
  value.has_twins = [&] { return !is_unique(adapter); };
  return value;
}

/// What one check may take, all in.
struct Budget {
  std::size_t visits;
};

class Rules final : public valijson::constraints::PolyConstraint {
 public:
  Rules(const json& rules, Budget& budget) : rules_(rules), budget_(budget) {}

  bool validate(const Adapter& value, const std::vector<std::string>& context,
                valijson::ValidationResults* results) const override {
    if (budget_.visits-- == 0) throw TooMuch();
    const std::vector<RuleProblem> problems = rule_problems(rules_, value_of(value));
    for (std::size_t i = 0; results != nullptr && i < std::min(problems.size(), kMostMembers); ++i) {
      std::vector<std::string> place = context;
      if (problems[i].member) place.push_back("[" + *problems[i].member + "]");
      results->pushError(place, std::string(kOurs) + problems[i].words);
    }
    return problems.empty();
  }

 private:
  Constraint* cloneInto(void* place) const override { return new (place) Rules(*this); }
  std::size_t sizeOf() const override { return sizeof(Rules); }

  const json& rules_;
  Budget& budget_;
};

class RulesBuilder final : public valijson::ConstraintBuilder {
 public:
  RulesBuilder(const json& rules, Budget& budget) : rules_(rules), budget_(budget) {}
  valijson::constraints::Constraint* make(const Adapter& number) const override {
    return std::make_unique<Rules>(rules_.at(static_cast<std::size_t>(number.getInteger())), budget_)
        .release();
  }

 private:
  const json& rules_;
  Budget& budget_;
};

/// A number that std::int64_t cannot hold would come out negative.
void round_large(json& value) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) value = value.get<double>();
  if (value.is_structured())
    for (json& each : value) round_large(each);
}

/// Whoever walks a value takes a stack frame or more for each level.
bool is_too_deep(std::string_view text) {
  constexpr int kDeepest = 100;
  int depth = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') in_string = !in_string;
    if (in_string && c == '\\') ++at;
    if (in_string) continue;
    if ((c == '[' || c == '{') && ++depth > kDeepest) return true;
    if (c == ']' || c == '}') --depth;
  }
  return false;
}

/// None: no JSON, or too deep.
std::optional<json> parse(std::string_view text) {
  if (is_too_deep(text)) return std::nullopt;
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) return std::nullopt;
  round_large(value);
  return value;
}

/// A schema that was understood.
struct Checker {
  json form;
  json rules;
  Budget budget;
  valijson::Schema schema;

  /// Returns what is wrong with the schema; empty: nothing.
  std::string read(const std::string& text) {
    if (text.size() > kLongestSchema) return "it is longer than " + std::to_string(kLongestSchema) + " bytes";
    const std::optional<json> document = parse(text);
    if (!document) return "it is not valid JSON, or nested too deeply";
    const std::string problem = make_schema_form(*document, form, rules);
    if (!problem.empty()) return problem;
    try {
      valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
      parser.addConstraintBuilder(kRulesKeyword, std::make_unique<RulesBuilder>(rules, budget).release());
      parser.populateSchema(NlohmannJsonAdapter(form), schema);
      return "";
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  /// Throws TooMuch.
  bool accepts(const json& value, std::size_t visits, valijson::ValidationResults* results) {
    budget.visits = visits;
    return valijson::Validator().validate(schema, NlohmannJsonAdapter(value), results);
  }
};

std::string place_of(const std::vector<std::string>& context) {
  std::vector<std::string> names;  // "<root>", "[name]", "[0]"
  for (std::size_t i = 1; i < context.size(); ++i)
    names.push_back(context[i].substr(1, context[i].size() - 2));
  return json_pointer(names);
}

/// Of several schemas none fits: what each says about the value itself becomes one finding.
void join_choices(const std::string& place, std::vector<SchemaFinding>& findings) {
  std::vector<std::string> choices;
  while (!findings.empty() && findings.back().place == place) {
    const std::string& words = findings.back().words;
    if (std::find(choices.begin(), choices.end(), words) == choices.end()) choices.push_back(words);
    findings.pop_back();
  }
  std::reverse(choices.begin(), choices.end());
  if (!choices.empty()) findings.push_back({place, joined(choices, " or ")});
}

std::vector<SchemaFinding> findings_of(const valijson::ValidationResults& results) {
  std::vector<SchemaFinding> findings;
  for (const auto& error : results) {
    const std::string place = place_of(error.context);
    const std::string& text = error.description;
    const auto says = [&](std::string_view words) { return text.find(words) != std::string::npos; };
    if (text.starts_with(kOurs))
      findings.push_back({place, text.substr(kOurs.size())});
    else if (says("anyOf") || says("oneOf"))
      join_choices(place, findings);
    else if (says("exactly one"))
      findings.push_back({place, "fits more than one of the schemas in oneOf"});
    else if (says("'not'"))
      findings.push_back({place, "must not fit the schema in not"});
    else if (says("'contains'"))
      findings.push_back({place, "must have an element that fits the schema in contains"});
  }
  return findings;
}

std::string why_not(Checker& checker, const json& value) {
  valijson::ValidationResults results;
  try {
    checker.accepts(value, kMostExplained, &results);
  } catch (const TooMuch&) {  // those found so far will do
  }
  const std::string text = explain(findings_of(results));
  return text.empty() ? "does not fit the schema" : text;
}

}  // namespace

std::optional<std::string> schema_error(const std::string& schema, std::string_view json_text) {
  const std::optional<json> value = parse(json_text);
  if (!value) return "must be valid JSON that is not nested too deeply";
  Checker checker;
  if (!checker.read(schema).empty()) return std::nullopt;
  try {
    if (checker.accepts(*value, kMostVisits, nullptr)) return std::nullopt;
  } catch (const TooMuch&) {
    return "is too large to be checked against the schema";
  }
  return why_not(checker, *value);
}

std::optional<std::string> schema_problem(const std::string& schema) {
  Checker checker;
  const std::string problem = checker.read(schema);
  return problem.empty() ? std::nullopt : std::optional<std::string>(quotable(problem));
}

}  // namespace agentd
