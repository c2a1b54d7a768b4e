#include "core/schema_check.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/schema_form.h"
#include "core/schema_pattern.h"
#include "core/schema_rules.h"

// A schema is walked together with a value: to know whether it fits, up to the first thing that does not; to
// tell what is wrong, on to a few more.

namespace agentd {
namespace {

using json = nlohmann::json;

constexpr std::size_t kVisit = 16;  ///< work of a visit of a value with a schema; a comparison is 1
constexpr std::size_t kMostWork = 1'000'000 * kVisit;
constexpr int kDeepest = 1000;  ///< schemas inside each other: each is some stack frames
constexpr std::size_t kMostTold = 5;
constexpr std::size_t kEnough = 500;  ///< bytes of words

class Checker {
 public:
  explicit Checker(const json& document) : document_(document) {}

  bool fits(const json& schema, const json& value) { return check_telling(nullptr, schema, value); }
  bool check_telling(std::vector<SchemaFinding>* findings, const json& schema, const json& value) {
    std::vector<SchemaFinding>* const outer = std::exchange(findings_, findings);
    const bool result = check(schema, value);
    findings_ = outer;
    return result;
  }

 private:
  using Rule = bool (Checker::*)(const json& argument, const json& schema, const json& value);
  using Keyword = std::pair<json::value_t, Rule>;  ///< discarded: for values of each type
  static const std::unordered_map<std::string_view, Keyword>& keywords();

  /// Whether to go on after something that does not fit, to tell the rest.
  bool has_room() const { return findings_ != nullptr && findings_->size() <= kMostTold; }

  bool say(std::string words) {
    if (has_room()) findings_->push_back({place_, std::move(words)});
    return false;
  }

  bool say_of(const std::string& member, std::string words) {
    if (has_room()) findings_->push_back({member_of(place_, member), std::move(words)});
    return false;
  }

  template <class Range, class Does>
  bool each_does(const Range& range, Does does) {
    bool all = true;
    for (const auto& each : range)
      if (!does(each)) {
        all = false;
        if (!has_room()) break;
      }
    return all;
  }

  bool check(const json& schema, const json& value) {
    work_.spend(kVisit + (value.is_string() ? value.get_ref<const std::string&>().size() / 64 : 0));
    if (schema.is_boolean()) return schema.get<bool>() || say("must not be given");
    if (depth_ == kDeepest) throw TooMuch();
    ++depth_;
    const bool fits = each_does(schema.items(), [&](const auto& each) {
      work_.spend(each.value().size());
      return keeps(each.key(), each.value(), schema, value);
    });
    --depth_;
    return fits;
  }

  bool keeps(const std::string& keyword, const json& argument, const json& schema, const json& value) {
    if (const SchemaRule* const rule = find_schema_rule(keyword)) {
      if (!rule->is_for(value) || rule->holds(argument, value, work_)) return true;
      return has_room() && say(words_of(*rule, argument));
    }
    const auto found = keywords().find(keyword);
    if (found == keywords().end()) return true;
    const auto& [type, rule] = found->second;
    return (type != json::value_t::discarded && type != value.type()) ||
           (this->*rule)(argument, schema, value);
  }

  bool check_member(const json& schema, const json& value, const std::string& name) {
    const std::size_t length = place_.size();
    if (findings_ != nullptr) place_ = member_of(std::move(place_), name);
    const bool fits = check(schema, value);
    place_.resize(std::min(length, place_.size()));
    return fits;
  }

  /// None: the pattern is not known.
  std::optional<bool> matches(const std::string& pattern, const std::string& text) {
    auto found = patterns_.find(pattern);
    if (found == patterns_.end()) {
      found = patterns_.emplace(pattern, SchemaPattern(pattern)).first;
      work_.spend(4 * found->second.size());
    }
    if (!found->second.is_known()) return std::nullopt;
    return found->second.matches(text, [&](std::size_t work) { work_.spend(work); });
  }

  bool reference(const json& argument, const json&, const json& value) {
    const json*& target = targets_[&argument];
    if (target == nullptr) target = find_schema(document_, argument.get<std::string>());
    return check(*target, value);
  }

  bool all_of(const json& argument, const json&, const json& value) {
    return each_does(argument, [&](const json& each) { return check(each, value); });
  }
  bool any_of(const json& argument, const json&, const json& value) {
    const auto is_way = [&](const json& each) { return fits(each, value); };
    return std::any_of(argument.begin(), argument.end(), is_way) || no_way_fits(argument, value);
  }
  bool one_of(const json& argument, const json&, const json& value) {
    std::size_t count = 0;
    for (const json& each : argument)
      if (fits(each, value) && ++count > 1) return say("fits more than one of the schemas in oneOf");
    return count == 1 || no_way_fits(argument, value);
  }

  /// Tells of the one that was meant: it has nothing against the value itself, and least in it. Else of all.
  bool no_way_fits(const json& ways, const json& value) {
    std::string choices;
    std::vector<SchemaFinding> meant;
    for (auto way = ways.begin(); way != ways.end() && has_room(); ++way) {
      std::vector<SchemaFinding> inner;
      check_telling(&inner, *way, value);
      std::string own;
      for (const auto& [place, words] : inner)
        if (place == place_) own += (own.empty() ? "" : " and ") + words;
      if (own.empty() && (meant.empty() || inner.size() < meant.size())) meant = std::move(inner);
      if (choices.size() < kEnough && choices.find(own) == choices.npos)
        choices += (choices.empty() ? "" : " or ") + own;
    }
    if (meant.empty()) return say(std::move(choices));
    findings_->insert(findings_->end(), meant.begin(), meant.end());
    return false;
  }

  bool negation(const json& argument, const json&, const json& value) {
    return !fits(argument, value) || say("must not fit the schema in not");
  }
  bool condition(const json& argument, const json& schema, const json& value) {
    const auto next = schema.find(fits(argument, value) ? "then" : "else");
    return next == schema.end() || check(*next, value);
  }

  bool pattern(const json& argument, const json&, const json& value) {
    return matches(argument, value).value_or(true) ||
           say("must match the pattern " + quotable(argument.get<std::string>()));
  }

  /// The elements from `begin` on, each by the schema or each by its own.
  bool elements(const json& schemas, std::size_t begin, const json& value) {
    const std::size_t end = schemas.is_array() ? std::min(schemas.size(), value.size()) : value.size();
    bool all = true;
    for (std::size_t i = begin; i < end && (all || has_room()); ++i)
      all = check_member(schemas.is_array() ? schemas[i] : schemas, value[i], std::to_string(i)) && all;
    return all;
  }
  bool items(const json& argument, const json& schema, const json& value) {
    const bool is_rest = !argument.is_array() && schema.contains("prefixItems");
    return elements(argument, is_rest ? schema["prefixItems"].size() : 0, value);
  }
  bool additional_items(const json& argument, const json& schema, const json& value) {
    const auto first = schema.find("items");
    return first == schema.end() || !first->is_array() || elements(argument, first->size(), value);
  }
  bool contains(const json& argument, const json& schema, const json& value) {
    const auto fitting =
        std::count_if(value.begin(), value.end(), [&](const json& each) { return fits(argument, each); });
    const json least = schema.value("minContains", json(1));
    const json most = schema.value("maxContains", json(value.size()));
    if (fitting >= least && fitting <= most) return true;
    const std::string count = fitting < least ? "at least " + least.dump() : "at most " + most.dump();
    return say("must have " + count + " that fit the schema in contains");
  }

  bool required(const json& argument, const json&, const json& value) {
    return each_does(argument, [&](const json& name) {
      return value.contains(name.get_ref<const std::string&>()) || say_of(name, "is missing");
    });
  }

  bool properties(const json& argument, const json&, const json& value) {
    return each_does(value.items(), [&](const auto& each) {
      const auto found = argument.find(each.key());
      return found == argument.end() || check_member(*found, each.value(), each.key());
    });
  }
  bool pattern_properties(const json& argument, const json&, const json& value) {
    return each_does(value.items(), [&](const auto& each) {
      return each_does(argument.items(), [&](const auto& way) {
        return !matches(way.key(), each.key()).value_or(false) ||
               check_member(way.value(), each.value(), each.key());
      });
    });
  }

  bool additional_properties(const json& argument, const json& schema, const json& value) {
    const auto named = schema.find("properties");
    const auto patterns = schema.find("patternProperties");
    const auto is_named = [&](const std::string& name) {
      if (named != schema.end() && named->contains(name)) return true;
      if (patterns == schema.end()) return false;
      const auto items = patterns->items();
      return std::any_of(items.begin(), items.end(),
                         [&](const auto& each) { return matches(each.key(), name).value_or(true); });
    };
    return each_does(value.items(), [&](const auto& each) {
      if (is_named(each.key())) return true;
      if (argument != false) return check_member(argument, each.value(), each.key());
      return say_of(each.key(), "is unknown");
    });
  }

  bool property_names(const json& argument, const json&, const json& value) {
    return each_does(value.items(), [&](const auto& each) {
      if (fits(argument, each.key())) return true;
      std::vector<SchemaFinding> inner;
      if (has_room()) check_telling(&inner, argument, each.key());
      for (const SchemaFinding& finding : inner) say_of(each.key(), "its name " + finding.words);
      return false;
    });
  }

  /// dependentRequired, dependentSchemas, and dependencies, which has both.
  bool dependencies(const json& argument, const json& schema, const json& value) {
    return each_does(argument.items(), [&](const auto& each) {
      if (!value.contains(each.key())) return true;
      return each.value().is_array() ? required(each.value(), schema, value) : check(each.value(), value);
    });
  }

  const json& document_;
  std::map<const json*, const json*> targets_;  ///< of the references
  std::map<std::string, SchemaPattern> patterns_;
  Work work_{kMostWork};
  int depth_ = 0;
  std::vector<SchemaFinding>* findings_ = nullptr;  ///< null: nobody wants to know
  std::string place_;                               ///< while there are findings
};

const std::unordered_map<std::string_view, Checker::Keyword>& Checker::keywords() {
  constexpr auto any = json::value_t::discarded;
  constexpr auto list = json::value_t::array;
  constexpr auto object = json::value_t::object;
  static const std::unordered_map<std::string_view, Keyword> all = {
      {"$ref", {any, &Checker::reference}},
      {"additionalItems", {list, &Checker::additional_items}},
      {"additionalProperties", {object, &Checker::additional_properties}},
      {"allOf", {any, &Checker::all_of}},
      {"anyOf", {any, &Checker::any_of}},
      {"contains", {list, &Checker::contains}},
      {"dependencies", {object, &Checker::dependencies}},
      {"dependentRequired", {object, &Checker::dependencies}},
      {"dependentSchemas", {object, &Checker::dependencies}},
      {"if", {any, &Checker::condition}},
      {"items", {list, &Checker::items}},
      {"not", {any, &Checker::negation}},
      {"oneOf", {any, &Checker::one_of}},
      {"pattern", {json::value_t::string, &Checker::pattern}},
      {"patternProperties", {object, &Checker::pattern_properties}},
      {"prefixItems", {list, &Checker::items}},
      {"properties", {object, &Checker::properties}},
      {"propertyNames", {object, &Checker::property_names}},
      {"required", {object, &Checker::required}}};
  return all;
}

}  // namespace

bool fits_schema(const json& schema, const json& value) {
  return Checker(schema).fits(schema, value);
}

std::vector<SchemaFinding> schema_findings(const json& schema, const json& value) {
  std::vector<SchemaFinding> all;
  try {
    Checker(schema).check_telling(&all, schema, value);
  } catch (const TooMuch&) {  // those found so far will do
  }
  return all;
}

}  // namespace agentd
