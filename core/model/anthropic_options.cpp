#include "core/model/anthropic_options.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/model/anthropic.h"
#include "core/model/claude_model.h"

namespace agentd {
namespace {

using nlohmann::json;

/// Whether the API compiles a schema: it refuses what it does not know, recursion, open objects and bounds.
class SchemaCheck {
 public:
  bool accepts(std::string_view text) {
    if (!is_json_object(text)) return false;
    const json schema = json::parse(text, nullptr, false);
    return schema.is_object() && schema.value("type", json()) == "object" && is_closed(schema) &&
           optional_ <= kMaxOptional && unions_ <= kMaxUnions;
  }

 private:
  static constexpr int kMaxOptional = 24;
  static constexpr int kMaxUnions = 16;

  bool is_closed(const json& schema) {
    if (!schema.is_object() || schema.empty()) return false;
    return std::all_of(schema.items().begin(), schema.items().end(),
                       [&](const auto& item) { return is_known(item.key(), item.value()); }) &&
           has_shape(schema);
  }

  bool is_known(const std::string& key, const json& value) {
    constexpr std::array kPlain = {"type",     "description", "title", "properties",
                                   "required", "const",       "items"};
    constexpr std::array kFormats = {"date-time", "date", "time", "duration", "email",
                                     "hostname",  "uri",  "ipv4", "ipv6",     "uuid"};
    if (key == "additionalProperties") return value == false;
    if (key == "minItems") return value == 0 || value == 1;
    if (key == "format") return std::find(kFormats.begin(), kFormats.end(), value) != kFormats.end();
    if (key == "enum")
      return value.is_array() &&
             std::all_of(value.begin(), value.end(), [](const json& one) { return one.is_primitive(); });
    if (key == "anyOf") {
      ++unions_;
      return value.is_array() &&
             std::all_of(value.begin(), value.end(), [&](const json& one) { return is_closed(one); });
    }
    return std::find(kPlain.begin(), kPlain.end(), key) != kPlain.end();
  }

  bool has_shape(const json& schema) {
    const auto type = schema.find("type");
    if (type == schema.end())
      return schema.contains("anyOf") || schema.contains("enum") || schema.contains("const");
    if (type->is_array()) ++unions_;
    const auto is = [&](const char* name) {
      return *type == name ||
             (type->is_array() && std::find(type->begin(), type->end(), name) != type->end());
    };
    if (is("array") && (!schema.contains("items") || !is_closed(schema["items"]))) return false;
    return !is("object") || has_closed_members(schema);
  }

  bool has_closed_members(const json& schema) {
    const json members = schema.value("properties", json::object());
    const json required = schema.value("required", json::array());
    if (!schema.contains("additionalProperties") || !members.is_object() || !required.is_array())
      return false;
    for (const auto& [name, member] : members.items()) {
      if (std::find(required.begin(), required.end(), name) == required.end()) ++optional_;
      if (!is_closed(member)) return false;
    }
    return true;
  }

  int optional_ = 0;
  int unions_ = 0;
};

std::string thinking_member(const ClaudeThinking& thinking) {
  switch (thinking.form) {
    case ClaudeModel::Thinking::None:
      return "";
    case ClaudeModel::Thinking::Adaptive:
      return R"({"type":"adaptive"})";
    case ClaudeModel::Thinking::Budget:
      break;
  }
  return R"({"type":"enabled","budget_tokens":)" + std::to_string(thinking.budget) + "}";
}

}  // namespace

AnthropicOptions anthropic_options(const ModelRequest& request) {
  const ClaudeThinking thinking = claude_thinking(request, kAnthropicProvider);
  AnthropicOptions options{thinking.max_tokens, thinking_member(thinking), ""};
  std::string& config = options.output_config;
  if (thinking.form == ClaudeModel::Thinking::Adaptive)
    config = R"({"effort":")" + request.setup.reasoning + '"';
  if (claude_model(request.setup.name).has_schemas && is_claude_schema(request.answer_schema)) {
    config += config.empty() ? '{' : ',';
    config.append(R"("format":{"type":"json_schema","schema":)").append(request.answer_schema).append("}");
  }
  if (!config.empty()) config += '}';
  return options;
}

bool is_claude_schema(std::string_view schema) {
  return SchemaCheck().accepts(schema);
}

}  // namespace agentd
