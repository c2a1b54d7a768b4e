#include "core/model/anthropic_options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/json_text.h"
#include "core/model/history.h"

namespace agentd {
namespace {

using nlohmann::json;

/// The API demands a limit. Every model since Claude 3.5 can write this much, and an answer or a file seldom
/// needs more.
constexpr std::int64_t kDefaultMaxTokens = 8192;
constexpr std::int64_t kMinBudget = 1024;

struct Level {
  std::string_view name;
  std::int64_t budget;  ///< tokens
};
constexpr Level kLevels[] = {{"low", 2048}, {"medium", 8192}, {"high", 16384}};

enum class Thinking { None, Budget, Adaptive };

using Version = std::pair<int, int>;

struct Generation {
  Version last;
  Thinking thinking;
  bool has_schemas;  ///< takes output_config.format
};
// From 4.6 on the model itself decides how much to think, and from 4.7 on a budget is refused. Before 4.6 an
// effort is.
constexpr Generation kGenerations[] = {
    {{3, 6}, Thinking::None, false},
    {{4, 4}, Thinking::Budget, false},
    {{4, 5}, Thinking::Budget, true},
};
constexpr Generation kNewest = {{}, Thinking::Adaptive, true};
/// Other models behind the same format know the older form.
constexpr Generation kForeign = {{}, Thinking::Budget, false};

/// The words of a model's name from "claude" on.
std::vector<std::string_view> name_words(std::string_view name) {
  constexpr std::string_view kBetween = "-._@:/";
  std::vector<std::string_view> words;
  name.remove_prefix(std::min(name.find("claude"), name.size()));
  while (!name.empty()) {
    const std::size_t end = std::min(name.find_first_of(kBetween), name.size());
    words.push_back(name.substr(0, end));
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return words;
}

/// Longer numbers are dates.
std::optional<int> version_number(std::string_view word) {
  int value = 0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || stop != word.data() + word.size() || word.size() > 2) return {};
  return value;
}

/// claude-opus-4-5-20251101 is 4.5, claude-3-7-sonnet-latest 3.7, claude-opus-4-20250514 4.0.
Generation generation_of(std::string_view name) {
  const std::vector<std::string_view> words = name_words(name);
  if (words.empty()) return kForeign;
  const auto major = std::find_if(words.begin(), words.end(),
                                  [](std::string_view word) { return version_number(word).has_value(); });
  if (major == words.end()) return kNewest;
  const auto minor = major + 1 == words.end() ? std::nullopt : version_number(major[1]);
  const Version version{*version_number(*major), minor.value_or(0)};
  for (const Generation& generation : kGenerations)
    if (version <= generation.last) return generation;
  return kNewest;
}

bool begins_with_thinking(const Message& reply) {
  if (reply.provider != "anthropic" || reply.provider_content.empty()) return false;
  const json content = json::parse(reply.provider_content, nullptr, false);
  if (!content.is_array() || content.empty() || !content[0].is_object()) return false;
  const json type = content[0].value("type", json());
  return type == "thinking" || type == "redacted_thinking";
}

/// With a budget, the API refuses a request whose turn under way did not begin with thinking. (Later replies
/// of a turn have none.) A turn lasts from what a person said to the answer: results do not end it.
bool may_think(std::span<const Message> messages) {
  const std::vector<Turn> turns = to_turns(messages);
  const auto is_person = [](const Turn& turn) {
    return !turn.is_reply && std::none_of(turn.messages.begin(), turn.messages.end(),
                                          [](const Message& message) { return message.role == Role::Tool; });
  };
  const auto begin = std::find_if(turns.rbegin(), turns.rend(), is_person).base();
  return begin == turns.end() || begins_with_thinking(begin->messages.front());
}

void set_thinking(AnthropicOptions& options, const ModelRequest& request, Thinking form) {
  const auto level = std::find_if(std::begin(kLevels), std::end(kLevels),
                                  [&](const Level& l) { return l.name == request.setup.reasoning; });
  if (level == std::end(kLevels) || form == Thinking::None) return;
  if (form == Thinking::Budget && !may_think(request.messages)) return;
  const bool is_limited = request.setup.max_output_tokens.has_value();
  // What is thought counts as output; of a limit that the task sets, half is left for the answer.
  if (!is_limited) options.max_tokens += level->budget;
  const std::int64_t most = is_limited ? std::max(options.max_tokens / 2, kMinBudget) : level->budget;
  if (form == Thinking::Adaptive) {
    options.thinking = R"({"type":"adaptive"})";
  } else if (options.max_tokens > kMinBudget) {
    options.thinking =
        R"({"type":"enabled","budget_tokens":)" + std::to_string(std::min(most, level->budget)) + "}";
  }
}

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

void set_output(AnthropicOptions& options, const ModelRequest& request, const Generation& generation) {
  std::string& config = options.output_config;
  if (generation.thinking == Thinking::Adaptive && !options.thinking.empty())
    config = R"({"effort":")" + request.setup.reasoning + '"';
  if (generation.has_schemas && SchemaCheck().accepts(request.answer_schema)) {
    config += config.empty() ? '{' : ',';
    config.append(R"("format":{"type":"json_schema","schema":)").append(request.answer_schema).append("}");
  }
  if (!config.empty()) config += '}';
}

}  // namespace

AnthropicOptions anthropic_options(const ModelRequest& request) {
  const Generation generation = generation_of(request.setup.name);
  AnthropicOptions options;
  options.max_tokens = request.setup.max_output_tokens.value_or(kDefaultMaxTokens);
  set_thinking(options, request, generation.thinking);
  set_output(options, request, generation);
  return options;
}

}  // namespace agentd
