#include "core/schema_rules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/schema_form.h"

namespace agentd {
namespace {

using json = nlohmann::json;

/// Exact for every number that the JSON library holds.
long double number_of(const json& value) {
  if (value.is_number_unsigned()) return static_cast<long double>(value.get<std::uint64_t>());
  if (value.is_number_integer()) return static_cast<long double>(value.get<std::int64_t>());
  return static_cast<long double>(value.get<double>());
}

bool is_any(const json&) {
  return true;
}
bool is_number(const json& value) {
  return value.is_number();
}
bool is_text(const json& value) {
  return value.is_string();
}
bool is_list(const json& value) {
  return value.is_array();
}
bool is_object(const json& value) {
  return value.is_object();
}
bool is_whole(const json& value) {
  return value.is_number() && std::trunc(number_of(value)) == number_of(value);
}

bool has_type(const json& argument, const json& value, Work& work) {
  if (argument.is_array())
    return std::any_of(argument.begin(), argument.end(),
                       [&](const json& each) { return has_type(each, value, work); });
  if (argument == "integer") return is_whole(value);
  return argument == (value.is_number() ? "number" : value.type_name());
}

std::string type_words(const json& argument) {
  std::string all;
  for (const json& each : argument.is_array() ? argument : json::array({argument})) {
    const auto name = each.get<std::string>();
    const bool has_vowel = name == "array" || name == "integer" || name == "object";
    all += all.empty() ? "" : " or ";
    all += name == "boolean" ? "true or false" : name == "null" ? name : (has_vowel ? "an " : "a ") + name;
  }
  return all;
}

std::string quoted(const json& value) {
  const bool is_plain = value.is_number_float() && is_whole(value) && std::abs(number_of(value)) < 1e15L;
  const json& shown = is_plain ? json(value.get<std::int64_t>()) : value;  // 2.0
  return quotable(shown.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::string choices(const json& argument) {
  constexpr std::size_t kEnough = 200;
  std::string all;
  for (auto each = argument.begin(); each != argument.end() && all.size() < kEnough; ++each)
    all += (all.empty() ? "" : ", ") + quoted(*each);
  return quotable(all);
}

/// Below 0: a comes before b; 0: they are equal, as 1 and 1.0 are.
int order(const json& a, const json& b, Work& work) {
  work.spend(a.is_string() ? 1 + a.get_ref<const std::string&>().size() / 64 : 1);
  const auto kind = [](const json& x) { return x.is_number() ? json::value_t::number_float : x.type(); };
  if (kind(a) != kind(b)) return kind(a) < kind(b) ? -1 : 1;
  if (a.is_number()) return number_of(a) < number_of(b) ? -1 : number_of(a) > number_of(b) ? 1 : 0;
  if (!a.is_structured()) return a < b ? -1 : b < a ? 1 : 0;
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y) {
    if (a.is_object() && x.key() != y.key()) return x.key() < y.key() ? -1 : 1;
    if (const int inner = order(*x, *y, work); inner != 0) return inner;
  }
  return 0;
}

bool is_same(const json& argument, const json& value, Work& work) {
  return order(argument, value, work) == 0;
}

bool is_listed(const json& argument, const json& value, Work& work) {
  return std::any_of(argument.begin(), argument.end(),
                     [&](const json& each) { return is_same(each, value, work); });
}

bool has_no_twins(const json& argument, const json& value, Work& work) {
  if (!argument.get<bool>()) return true;
  std::vector<const json*> sorted;
  for (const json& each : value) sorted.push_back(&each);
  std::sort(sorted.begin(), sorted.end(),
            [&](const json* a, const json* b) { return order(*a, *b, work) < 0; });
  return std::adjacent_find(sorted.begin(), sorted.end(), [&](const json* a, const json* b) {
           return is_same(*a, *b, work);
         }) == sorted.end();
}

/// Nearly: decimals are no sums of halves, 0.07 is not quite 7 times 0.01.
bool is_near_whole(long double number) {
  constexpr long double kLargest = 1e15L;  // beyond it every number is near
  return std::abs(number) <= kLargest && std::abs(number - std::round(number)) <= std::abs(number) * 4.5e-16L;
}

bool is_multiple(const json& argument, const json& value, Work&) {
  const long double number = number_of(value);
  const long double of = number_of(argument);
  if (std::fmod(number, of) == 0) return true;
  if (is_whole(argument) && is_whole(value)) return false;
  return is_near_whole(number / of) || (is_whole(value) && is_near_whole(1 / of));
}

/// A number, or how many characters, elements or members.
long double measure(const json& value) {
  if (value.is_number()) return number_of(value);
  if (!value.is_string()) return static_cast<long double>(value.size());
  const auto& text = value.get_ref<const std::string&>();
  const auto begins = [](unsigned char c) { return (c & 0xC0U) != 0x80U; };
  return static_cast<long double>(std::count_if(text.begin(), text.end(), begins));
}

bool is_at_least(const json& argument, const json& value, Work&) {
  return measure(value) >= number_of(argument);
}
bool is_at_most(const json& argument, const json& value, Work&) {
  return measure(value) <= number_of(argument);
}
// Draft 4 has true or false here, and means the other bound.
bool is_above(const json& argument, const json& value, Work&) {
  return argument.is_boolean() || number_of(value) > number_of(argument);
}
bool is_below(const json& argument, const json& value, Work&) {
  return argument.is_boolean() || number_of(value) < number_of(argument);
}

constexpr std::array kRules = {
    SchemaRule{"const", is_any, is_same, "must be #", quoted},
    SchemaRule{"enum", is_any, is_listed, "must be one of #", choices},
    SchemaRule{"exclusiveMaximum", is_number, is_below, "must be less than #", quoted},
    SchemaRule{"exclusiveMinimum", is_number, is_above, "must be more than #", quoted},
    SchemaRule{"maxItems", is_list, is_at_most, "must have at most # element~", quoted},
    SchemaRule{"maxLength", is_text, is_at_most, "must have at most # character~", quoted},
    SchemaRule{"maxProperties", is_object, is_at_most, "must have at most # member~", quoted},
    SchemaRule{"maximum", is_number, is_at_most, "must be at most #", quoted},
    SchemaRule{"minItems", is_list, is_at_least, "must have at least # element~", quoted},
    SchemaRule{"minLength", is_text, is_at_least, "must have at least # character~", quoted},
    SchemaRule{"minProperties", is_object, is_at_least, "must have at least # member~", quoted},
    SchemaRule{"minimum", is_number, is_at_least, "must be at least #", quoted},
    SchemaRule{"multipleOf", is_number, is_multiple, "must be a multiple of #", quoted},
    SchemaRule{"type", is_any, has_type, "must be #", type_words},
    SchemaRule{"uniqueItems", is_list, has_no_twins, "must not have the same element twice", quoted}};

}  // namespace

const SchemaRule* find_schema_rule(std::string_view keyword) {
  const auto found = std::find_if(kRules.begin(), kRules.end(),
                                  [&](const SchemaRule& rule) { return rule.keyword == keyword; });
  return found == kRules.end() ? nullptr : &*found;
}

std::string words_of(const SchemaRule& rule, const json& argument) {
  std::string all;
  for (const char c : rule.words) {
    if (c == '#')
      all += rule.shown(argument);
    else if (c == '~')
      all += argument == 1 ? "" : "s";
    else
      all += c;
  }
  return all;
}

}  // namespace agentd
