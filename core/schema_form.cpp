#include "core/schema_form.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace agentd {
namespace {

using json = nlohmann::json;

constexpr std::size_t kLongestChain = 50;

enum class Form { Rule, Schema, Ways, Tuple, Items, Named, Dependencies };
/// A schema Beside is for the same value, one Below for a part of it.
enum class Leads { Beside, Below };

struct Keywords {
  std::string_view names;
  Form form;
  Leads leads;
  bool (*is_right)(const json&) = nullptr;
  std::string_view must = {};
};

bool is_schema(const json& value) {
  return value.is_object() || value.is_boolean();
}
bool is_number(const json& value) {
  return value.is_number();
}
bool is_flag(const json& value) {
  return value.is_boolean();
}
bool is_limit(const json& value) {
  return value.is_number() || value.is_boolean();
}
bool is_above_zero(const json& value) {
  return value.is_number() && value > 0;
}
bool is_count(const json& value) {
  return value.is_number() && value >= 0 && std::trunc(value.get<double>()) == value.get<double>();
}
bool is_text(const json& value) {
  return value.is_string();
}
bool is_choice(const json& value) {
  return value.is_array() && !value.empty();
}
bool is_names(const json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), is_text);
}
bool is_map_of_names(const json& value) {
  return value.is_object() && std::all_of(value.begin(), value.end(), is_names);
}
bool is_type(const json& value) {
  constexpr std::array<std::string_view, 7> kTypes = {"array",  "boolean", "integer", "null",
                                                      "number", "object",  "string"};
  if (value.is_array())
    return !value.empty() && value.size() <= kTypes.size() && is_names(value) &&
           std::all_of(value.begin(), value.end(), is_type);
  return value.is_string() && std::find(kTypes.begin(), kTypes.end(), value) != kTypes.end();
}

constexpr std::array kKeywords = {
    Keywords{"$ref", Form::Rule, Leads::Beside, is_text, "a text"},
    Keywords{"allOf anyOf oneOf", Form::Ways, Leads::Beside},
    Keywords{"if then else not", Form::Schema, Leads::Beside},
    Keywords{"dependentSchemas", Form::Named, Leads::Beside},
    Keywords{"dependencies", Form::Dependencies, Leads::Beside},
    Keywords{"additionalItems additionalProperties contains propertyNames", Form::Schema, Leads::Below},
    Keywords{"items", Form::Items, Leads::Below},
    Keywords{"prefixItems", Form::Tuple, Leads::Below},
    Keywords{"properties patternProperties", Form::Named, Leads::Below},
    Keywords{"type", Form::Rule, Leads::Below, is_type,
             "array, boolean, integer, null, number, object, string or a list of these"},
    Keywords{"enum", Form::Rule, Leads::Below, is_choice, "a list of at least one value"},
    Keywords{"required", Form::Rule, Leads::Below, is_names, "a list of names"},
    Keywords{"dependentRequired", Form::Rule, Leads::Below, is_map_of_names, "an object of lists of names"},
    Keywords{"minimum maximum", Form::Rule, Leads::Below, is_number, "a number"},
    Keywords{"exclusiveMinimum exclusiveMaximum", Form::Rule, Leads::Below, is_limit, "a number"},
    Keywords{"multipleOf", Form::Rule, Leads::Below, is_above_zero, "a number above 0"},
    Keywords{"minLength maxLength minItems maxItems minProperties maxProperties minContains maxContains",
             Form::Rule, Leads::Below, is_count, "a whole number of at least 0"},
    Keywords{"pattern", Form::Rule, Leads::Below, is_text, "a text"},
    Keywords{"uniqueItems", Form::Rule, Leads::Below, is_flag, "true or false"}};

const Keywords* find_keywords(const std::string& name) {
  if (name.find(' ') != name.npos) return nullptr;
  const auto has_name = [&](const Keywords& keywords) {
    return (' ' + std::string(keywords.names) + ' ').find(' ' + name + ' ') != name.npos;
  };
  const auto found = std::find_if(kKeywords.begin(), kKeywords.end(), has_name);
  return found == kKeywords.end() ? nullptr : &*found;
}

std::string percent_decoded(const std::string& text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned char byte = 0;
    const char* const digits = text.data() + at + 1;
    if (text[at] == '%' && at + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      plain += static_cast<char>(byte);
      at += 2;
    } else {
      plain += text[at];
    }
  }
  return plain;
}

/// Goes through what can be reached, without recursion: references may lead far.
class FormReader {
 public:
  explicit FormReader(const json& document) : document_(document) {}

  std::string problem() {
    meet(document_, "");
    while (problem_.empty() && !open_.empty()) {
      const auto [schema, place] = open_.back();
      open_.pop_back();
      read(*schema, place);
    }
    if (problem_.empty()) follow_beside();
    return problem_;
  }

 private:
  struct Met {
    std::size_t led_to = 0;  ///< how many others lead to it beside
    std::size_t chain = 0;   ///< of how many that lead to each other beside it is the last
    std::vector<const json*> beside = {};
  };

  void object(const std::string& place, const std::string& words) {
    if (problem_.empty()) problem_ = place.empty() ? words : place + ": " + words;
  }

  void meet(const json& schema, const std::string& place) {
    if (!is_schema(schema)) return object(place, "must be a schema: an object, true or false");
    if (met_.emplace(&schema, Met()).second) open_.emplace_back(&schema, place);
  }

  void lead(const json& from, const Keywords& keyword, const json& to, const std::string& place) {
    meet(to, place);
    if (keyword.leads == Leads::Beside && problem_.empty()) {
      met_[&from].beside.push_back(&to);
      ++met_[&to].led_to;
    }
  }

  void read(const json& schema, const std::string& place) {
    if (!schema.is_object()) return;
    for (const auto& each : schema.items()) {
      const Keywords* const keyword = find_keywords(each.key());
      if (keyword == nullptr) continue;
      const std::string at = quotable(member_of(place, each.key()));
      if (keyword->is_right != nullptr && !keyword->is_right(each.value()))
        return object(at, "must be " + std::string(keyword->must));
      if (each.key() == "$ref") refer(schema, *keyword, each.value().get<std::string>(), at);
      if (keyword->form != Form::Rule) read_schemas(schema, *keyword, each.value(), at);
    }
  }

  void read_schemas(const json& schema, const Keywords& keyword, const json& value, const std::string& at) {
    const Form form = keyword.form;
    if (form == Form::Schema || (form == Form::Items && !value.is_array()))
      return lead(schema, keyword, value, at);
    if (form == Form::Ways && !is_choice(value)) return object(at, "must be a list of at least one schema");
    if (form == Form::Tuple && !value.is_array()) return object(at, "must be a list of schemas");
    if ((form == Form::Named || form == Form::Dependencies) && !value.is_object())
      return object(at, "must be an object of schemas");
    for (const auto& each : value.items())
      if (form != Form::Dependencies || !is_names(each.value()))
        lead(schema, keyword, each.value(), quotable(member_of(at, each.key())));
  }

  void refer(const json& schema, const Keywords& keyword, const std::string& reference,
             const std::string& at) {
    if (!reference.starts_with('#'))
      return object(at, "must lead to a place in the same schema, such as #/$defs/NAME; nothing is fetched");
    const json* const target = find_schema(document_, reference);
    if (target == nullptr) return object(at, "there is no " + quotable(reference));
    lead(schema, keyword, *target, at);
  }

  /// From those that nothing leads to beside, on and on: what is never reached is led to in a circle.
  void follow_beside() {
    std::vector<Met*> free;
    for (auto& [schema, met] : met_)
      if (met.led_to == 0) free.push_back(&met);
    std::size_t followed = 0;
    for (; !free.empty(); ++followed) {
      const Met& from = *free.back();
      free.pop_back();
      for (const json* const each : from.beside) {
        Met& to = met_[each];
        to.chain = std::max(to.chain, from.chain + 1);
        if (to.chain > kLongestChain) problem_ = "its allOf, anyOf, $ref and the like lead too deep";
        if (--to.led_to == 0) free.push_back(&to);
      }
    }
    if (followed < met_.size()) problem_ = "its schemas refer to each other in a circle";
  }

  const json& document_;
  std::map<const json*, Met> met_;
  std::vector<std::pair<const json*, std::string>> open_;
  std::string problem_;
};

}  // namespace

std::string schema_form_problem(const json& schema) {
  return FormReader(schema).problem();
}

const json* find_schema(const json& document, const std::string& reference) {
  try {
    return &document.at(json::json_pointer(percent_decoded(reference.substr(1))));
  } catch (const json::exception&) {
    return nullptr;
  }
}

std::string member_of(std::string pointer, std::string_view name) {
  pointer += '/';
  for (const char c : name) {
    if (c == '~' || c == '/')
      pointer += c == '~' ? "~0" : "~1";
    else
      pointer += c;
  }
  return pointer;
}

std::string quotable(std::string text) {
  constexpr std::size_t kLongest = 120;
  constexpr std::string_view kMark = "…";
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  if (text.size() <= kLongest) return text;
  std::size_t end = kLongest - kMark.size();
  while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end).append(kMark);
}

}  // namespace agentd
