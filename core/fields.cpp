#include "core/fields.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/text.h"

namespace agentd {

namespace {

std::string short_form(const Json& json) {
  constexpr std::size_t kLongest = 60;
  const std::string whole = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (whole.size() <= kLongest) return whole;
  std::size_t end = kLongest;
  while ((static_cast<unsigned char>(whole[end]) & 0xC0U) == 0x80U) --end;
  return whole.substr(0, end) + "…";
}

std::string describe_found(const Json& json) {
  if (json.is_null()) return "nothing";
  if (json.is_object()) return "a mapping";
  if (json.is_array()) return "a list";
  if (json.is_string()) return "the text " + short_form(json);
  return short_form(json);
}

std::string join(const std::vector<std::string_view>& words) {
  std::string all;
  for (const std::string_view word : words) all.append(all.empty() ? "" : ", ").append(word);
  return all;
}

}  // namespace

Place Place::at(std::string_view key) const {
  std::string pointer = pointer_ + "/";
  for (const char c : key)
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  return Place(problems_, std::move(pointer));
}

void Place::problem(const std::string& message) const {
  problems_.push_back({pointer_, message});
}

void Place::expected(std::string_view what, const Json& found) const {
  const std::string key = path();
  problem((key.empty() ? "" : key + ": ") + "expected " + std::string(what) + ", found " +
          describe_found(found));
}

void Place::nested(const Problem& problem) const {
  problems_.push_back({pointer_ + problem.pointer, path() + ": " + problem.message});
}

void Place::unknown(std::string_view what, const std::string& word,
                    const std::vector<std::string_view>& known) const {
  const std::string_view meant = nearest(word, known);
  problem(std::string(what) + " " + short_form(word) + "; " +
          (meant.empty() ? "known: " + join(known) : "did you mean " + std::string(meant) + "?"));
}

std::string Place::path() const {
  std::string text = pointer_.substr(pointer_.empty() ? 0 : 1);
  std::replace(text.begin(), text.end(), '/', '.');
  return text;
}

bool read_members(const Json& json, const Place& place, const std::vector<FieldName>& fields,
                  const std::function<void(std::size_t, const Json&, const Place&)>& read_member) {
  if (!json.is_object()) {
    place.expected("a mapping", json);
    return false;
  }
  std::vector<std::string_view> keys;
  for (const FieldName& field : fields) {
    keys.push_back(field.key);
    if (field.is_required && !json.contains(field.key))
      place.problem(place.at(field.key).path() + " is missing: " + std::string(field.doc));
  }
  for (const auto& [key, member] : json.items()) {
    const Place member_place = place.at(key);
    const auto found = std::find(keys.begin(), keys.end(), key);
    if (found != keys.end()) {
      read_member(static_cast<std::size_t>(found - keys.begin()), member, member_place);
      continue;
    }
    member_place.unknown("unknown key", key, keys);
  }
  return true;
}

void write_member(std::string_view key, const std::function<void(Json&)>& write,
                  const std::function<void(Json&)>& write_default, Json& object) {
  Json value;
  Json usual;
  write(value);
  write_default(usual);
  if (value != usual) object[std::string(key)] = std::move(value);
}

void describe_member(const FieldName& field, const std::function<void(Json&)>& describe,
                     const std::function<void(Json&)>& write_default, Json& schema) {
  Json member;
  member["description"] = field.doc;
  describe(member);
  Json usual;
  write_default(usual);
  const bool has_default = !field.is_required;
  if (has_default && (usual.is_number() || usual.is_boolean() || (usual.is_string() && usual != "")))
    member["default"] = usual;
  schema["type"] = "object";
  schema["properties"][std::string(field.key)] = std::move(member);
  if (field.is_required) schema["required"].push_back(field.key);
  schema["additionalProperties"] = false;
}

bool read_entries(const Json& json, const Place& place,
                  const std::function<void(const Json&, const Place&)>& read_entry) {
  if (!json.is_array()) {
    place.expected("a list", json);
    return false;
  }
  for (std::size_t i = 0; i < json.size(); ++i) read_entry(json[i], place.at(std::to_string(i)));
  return true;
}

void write_entry(const std::function<void(Json&)>& write, Json& list) {
  Json entry = Json::object();
  write(entry);
  list.push_back(std::move(entry));
}

void describe_entries(const std::function<void(Json&)>& describe, Json& schema) {
  schema["type"] = "array";
  describe(schema["items"]);
}

Json parse_document(std::string_view json) {
  return is_json(json) ? Json::parse(json, nullptr, false) : Json(Json::value_t::discarded);
}

}  // namespace agentd
