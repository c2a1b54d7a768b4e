#include "core/model/strict_schema.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "core/model/reply_json.h"

namespace agentd {
namespace {

// The limits that every model with strict mode has had.
constexpr std::size_t kMaxBytes = 15'000;
constexpr int kMaxLevels = 5;
constexpr std::size_t kMaxProperties = 100;
constexpr std::size_t kMaxEnumValues = 250;

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_known_keyword(std::string_view keyword) {
  static constexpr std::array<std::string_view, 20> kKnown = {"$schema",
                                                              "$defs",
                                                              "definitions",
                                                              "$ref",
                                                              "type",
                                                              "title",
                                                              "description",
                                                              "enum",
                                                              "const",
                                                              "anyOf",
                                                              "properties",
                                                              "required",
                                                              "items",
                                                              "minItems",
                                                              "maxItems",
                                                              "minimum",
                                                              "exclusiveMinimum",
                                                              "exclusiveMaximum",
                                                              "multipleOf",
                                                              "maximum"};
  return keyword == "additionalProperties" || is_one_of(keyword, kKnown);
}

class Checker {
 public:
  explicit Checker(const ReplyJson& root) : root_(root) {}

  bool is_strict() {
    if (find(root_, "anyOf") != nullptr) return false;
    for (const char* key : {"$defs", "definitions"}) {
      const ReplyJson* definitions = find(root_, key);
      if (definitions != nullptr && !all_of_members(*definitions, 0)) return false;
    }
    return schema(root_, 0) && properties_ <= kMaxProperties && enum_values_ <= kMaxEnumValues;
  }

 private:
  bool all_of_members(const ReplyJson& schemas, int level) {
    if (!schemas.is_object()) return false;
    return std::all_of(schemas.begin(), schemas.end(),
                       [&](const ReplyJson& member) { return schema(member, level); });
  }

  bool schema(const ReplyJson& node, int level) {
    if (!node.is_object()) return false;
    for (const auto& [keyword, value] : node.items())
      if (!is_known_keyword(keyword) || value.is_null()) return false;
    if (node.contains("$ref")) return node.size() == 1 && reference(text_of(node, "$ref"));
    if (const ReplyJson* values = find(node, "enum"); values != nullptr) enum_values_ += values->size();
    if (const ReplyJson* choices = find(node, "anyOf"))
      return choices->is_array() && !choices->empty() &&
             std::all_of(choices->begin(), choices->end(),
                         [&](const ReplyJson& choice) { return schema(choice, level); });
    const ReplyJson* type = find(node, "type");
    if (type == nullptr) return false;
    if (!type->is_array()) return typed(node, *type, level);
    return !type->empty() &&
           std::all_of(type->begin(), type->end(), [&](const ReplyJson& t) { return typed(node, t, level); });
  }

  bool typed(const ReplyJson& node, const ReplyJson& type, int level) {
    static constexpr std::array<std::string_view, 5> kPlain = {"string", "number", "integer", "boolean",
                                                               "null"};
    if (!type.is_string()) return false;
    const std::string_view name = type.get_ref<const std::string&>();
    if (name == "object") return object(node, level + 1);
    if (name != "array") return is_one_of(name, kPlain);
    const ReplyJson* items = find(node, "items");
    return items != nullptr && schema(*items, level + 1);
  }

  bool object(const ReplyJson& node, int level) {
    const ReplyJson *closed = find(node, "additionalProperties"), *properties = find(node, "properties"),
                    *required = find(node, "required");
    if (level > kMaxLevels || closed == nullptr || *closed != false) return false;
    if (properties == nullptr || !properties->is_object() || required == nullptr || !required->is_array())
      return false;
    properties_ += properties->size();
    // Of the same size and with every key in it: no name is left over or there twice.
    if (required->size() != properties->size()) return false;
    for (const auto& [key, value] : properties->items())
      if (std::find(required->begin(), required->end(), key) == required->end()) return false;
    return all_of_members(*properties, level);
  }

  bool reference(std::string_view place) const {
    if (place == "#") return true;
    for (const char* key : {"$defs", "definitions"}) {
      const std::string prefix = std::string("#/") + key + "/";
      const ReplyJson* definitions = find(root_, key);
      if (definitions != nullptr && place.starts_with(prefix) &&
          definitions->contains(place.substr(prefix.size())))
        return true;
    }
    return false;
  }

  const ReplyJson& root_;
  std::size_t properties_ = 0;
  std::size_t enum_values_ = 0;
};

}  // namespace

bool is_object_schema(std::string_view schema) {
  const ReplyJson root = parse_reply(schema);
  return !root.is_discarded() && text_of(root, "type") == "object";
}

bool is_strict_schema(std::string_view schema) {
  if (schema.size() > kMaxBytes) return false;
  const ReplyJson root = parse_reply(schema);
  return !root.is_discarded() && text_of(root, "type") == "object" && Checker(root).is_strict();
}

}  // namespace agentd
