#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/fields.h"
#include "core/text.h"

// The forms of core/fields.h: what single values look like.

namespace agentd {

namespace {

/// Deeper free JSON than anybody writes would exhaust the stack of whoever walks it.
constexpr int kDeepest = 64;

bool is_deeper_than(const Json& json, int levels) {
  if (!json.is_structured()) return false;
  if (levels == 0) return true;
  return std::any_of(json.begin(), json.end(),
                     [&](const Json& each) { return is_deeper_than(each, levels - 1); });
}

/// With its keys sorted: the same text however often it was stored and read in between.
std::string canonical(const Json& json) {
  return nlohmann::json(json).dump();
}

bool is_whole(const Json& json) {
  return json.is_number_integer() && (!json.is_number_unsigned() ||
                                      json.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max());
}

template <class N>
std::string range_of(std::string_view what, N min, N max) {
  const bool bottom = min != std::numeric_limits<N>::lowest();
  const bool top = max != std::numeric_limits<N>::max();
  std::string text(what);
  if (bottom && top) return text + " from " + Json(min).dump() + " to " + Json(max).dump();
  if (bottom) return text + " of at least " + Json(min).dump();
  if (top) return text + " of at most " + Json(max).dump();
  return text;
}

template <class N>
void describe_range(N min, N max, Json& schema) {
  if (min != std::numeric_limits<N>::lowest()) schema["minimum"] = min;
  if (max != std::numeric_limits<N>::max()) schema["maximum"] = max;
}

}  // namespace

bool Text::read(const Json& json, std::string& value, const Place& place) const {
  const bool good = json.is_string() && (!accepts || accepts(json.get_ref<const std::string&>()));
  if (good)
    value = json.get<std::string>();
  else
    place.expected(expected, json);
  return good;
}

void Text::write(const std::string& value, Json& json) const {
  json = value;
}

void Text::describe(Json& schema) const {
  schema["type"] = "string";
  if (!pattern.empty()) schema["pattern"] = pattern;
}

bool Choice::read(const Json& json, std::string& value, const Place& place) const {
  if (!json.is_string()) {
    place.expected("a word", json);
    return false;
  }
  const auto word = json.get<std::string>();
  const bool good = std::find(words.begin(), words.end(), word) != words.end();
  if (good)
    value = word;
  else
    place.unknown(place.path() + ": there is no", word, words);
  return good;
}

void Choice::write(const std::string& value, Json& json) const {
  json = value;
}

void Choice::describe(Json& schema) const {
  schema["enum"] = words;
}

bool Integer::read(const Json& json, std::int64_t& value, const Place& place) const {
  const bool good = is_whole(json) && json.get<std::int64_t>() >= min && json.get<std::int64_t>() <= max;
  if (good)
    value = json.get<std::int64_t>();
  else
    place.expected(range_of("a whole number", min, max), json);
  return good;
}

void Integer::write(std::int64_t value, Json& json) const {
  json = value;
}

void Integer::describe(Json& schema) const {
  schema["type"] = "integer";
  describe_range(min, max, schema);
}

bool Number::read(const Json& json, double& value, const Place& place) const {
  const bool good = json.is_number() && json.get<double>() >= min && json.get<double>() <= max;
  if (good)
    value = json.get<double>();
  else
    place.expected(range_of("a number", min, max), json);
  return good;
}

void Number::write(double value, Json& json) const {
  json = value;
}

void Number::describe(Json& schema) const {
  schema["type"] = "number";
  describe_range(min, max, schema);
}

bool Flag::read(const Json& json, bool& value, const Place& place) const {
  if (json.is_boolean())
    value = json.get<bool>();
  else
    place.expected("true or false", json);
  return json.is_boolean();
}

void Flag::write(bool value, Json& json) const {
  json = value;
}

void Flag::describe(Json& schema) const {
  schema["type"] = "boolean";
}

bool Duration::read(const Json& json, std::int64_t& value, const Place& place) const {
  const auto duration = json.is_string() ? parse_duration(json.get_ref<const std::string&>()) : std::nullopt;
  const bool good = duration.value_or(0) > 0;
  if (good)
    value = *duration;
  else
    place.expected("a duration (write 90s, 15m, 36h or 30d)", json);
  return good;
}

void Duration::write(std::int64_t value, Json& json) const {
  json = format_duration(value);
}

void Duration::describe(Json& schema) const {
  schema["type"] = "string";
  schema["pattern"] = "^[0-9]+(ms|s|m|h|d)$";
}

bool TextMap::read(const Json& json, std::map<std::string, std::string>& value, const Place& place) const {
  if (!json.is_object()) {
    place.expected("a mapping of names to texts", json);
    return false;
  }
  for (const auto& [key, member] : json.items()) Text{}.read(member, value[key], place.at(key));
  return true;
}

void TextMap::write(const std::map<std::string, std::string>& value, Json& json) const {
  if (!value.empty()) json = value;
}

void TextMap::describe(Json& schema) const {
  schema["type"] = "object";
  schema["additionalProperties"]["type"] = "string";
}

bool TextList::read(const Json& json, std::vector<std::string>& value, const Place& place) const {
  const std::size_t problems = place.problems();
  if (!json.is_array()) place.expected("a list of texts", json);
  value.clear();
  for (std::size_t i = 0; json.is_array() && i < json.size(); ++i)
    Text{}.read(json[i], value.emplace_back(), place.at(std::to_string(i)));
  return place.problems() == problems;
}

void TextList::write(const std::vector<std::string>& value, Json& json) const {
  if (!value.empty()) json = value;
}

void TextList::describe(Json& schema) const {
  schema["type"] = "array";
  schema["items"]["type"] = "string";
}

bool FreeValue::read(const Json& json, std::string& value, const Place& place) const {
  const bool good = !is_deeper_than(json, kDeepest);
  if (good)
    value = canonical(json);
  else
    place.expected("a value that is not too deep", json);
  return good;
}

void FreeValue::write(const std::string& value, Json& json) const {
  if (!value.empty()) json = Json::parse(value);
}

void FreeValue::describe(Json&) const {}

bool FreeObject::read(const Json& json, std::string& value, const Place& place) const {
  const bool good = json.is_object() && !is_deeper_than(json, kDeepest);
  if (good)
    value = json.empty() ? "" : canonical(json);
  else
    place.expected("a mapping, not too deep", json);
  return good;
}

void FreeObject::write(const std::string& value, Json& json) const {
  if (!value.empty()) json = Json::parse(value);
}

void FreeObject::describe(Json& schema) const {
  schema["type"] = "object";
}

bool FreeList::read(const Json& json, std::string& value, const Place& place) const {
  if (!json.is_array() || json.empty() || is_deeper_than(json, kDeepest)) {
    place.expected("a list of at least one mapping, not too deep", json);
    return false;
  }
  bool good = true;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i].is_object()) continue;
    place.at(std::to_string(i)).expected("a mapping", json[i]);
    good = false;
  }
  if (good) value = canonical(json);
  return good;
}

void FreeList::write(const std::string& value, Json& json) const {
  if (!value.empty()) json = Json::parse(value);
}

void FreeList::describe(Json& schema) const {
  schema["type"] = "array";
  schema["minItems"] = 1;
  schema["items"]["type"] = "object";
}

bool is_null(const Json& json) {
  return json.is_null();
}

void make_nullable(Json& schema) {
  schema["type"] = Json::array({schema["type"], "null"});
}

}  // namespace agentd
