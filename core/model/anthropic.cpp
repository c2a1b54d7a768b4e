#include "core/model/anthropic.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/model/anthropic_options.h"
#include "core/model/body_writer.h"
#include "core/model/history.h"
#include "core/model/reply_json.h"

namespace agentd {
namespace {

using nlohmann::json;

constexpr std::string_view kMark = R"(,"cache_control":{"type":"ephemeral"})";
constexpr std::string_view kNoArguments = R"({"type":"object","properties":{}})";

/// A blank text is refused, and so is a failed call's empty result.
std::string_view or_a_word(std::string_view text) {
  return is_blank(text) ? "(empty)" : text;
}

/// The API refuses white space at the end of a reply that is to go on; it is never sent, so that the bytes
/// stay the same when the reply has gone on.
std::string_view without_end_space(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

/// A schema as the API takes it: an object, and no choice between several.
std::string input_schema(const std::string& parameters) {
  json schema = json::parse(parameters, nullptr, false);
  if (!schema.is_object()) return std::string(kNoArguments);
  const auto choices = {"oneOf", "anyOf", "allOf"};
  const bool has_choice =
      std::any_of(choices.begin(), choices.end(), [&](const char* key) { return schema.contains(key); });
  if (!has_choice && schema.value("type", json()) == "object") return parameters;
  for (const char* key : choices) schema.erase(key);
  schema["type"] = "object";
  return schema.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Escapes and numbers that are no text and no number are JSON by its grammar, and refused all the same.
std::string_view input_of(const ToolCall& call) {
  const std::string_view arguments = safe_arguments(call);
  return json::accept(arguments) ? arguments : "{}";
}

/// Whether the last block of a provider's content takes a cache mark.
bool ends_markable(std::string_view provider_content) {
  const json content = json::parse(provider_content, nullptr, false);
  if (!content.is_array() || content.empty() || !content.back().is_object()) return false;
  const json named = content.back().value("type", json());
  const std::string type = named.is_string() ? named.get<std::string>() : "";
  return type == "text" || type.ends_with("tool_use") || type.ends_with("tool_result");
}

class RequestWriter {
 public:
  explicit RequestWriter(const ModelRequest& request)
      : request_(request),
        body_(request),
        has_system_(!is_blank(request.system) && !body_.is_extra("system")),
        has_marks_(!body_.is_extra("cache_control")) {}

  std::string write() {
    const ModelSetup& setup = request_.setup;
    const AnthropicOptions options = anthropic_options(request_);
    body_.text_member("model", setup.name);
    body_.json_member("max_tokens", std::to_string(options.max_tokens));
    if (setup.stream) body_.json_member("stream", "true");
    // Newer models and versions refuse it, and older ones beside thinking: the API tells a user who asks for
    // it.
    if (setup.temperature) body_.json_member("temperature", json(*setup.temperature).dump());
    if (!options.thinking.empty()) body_.json_member("thinking", options.thinking);
    if (!options.output_config.empty()) body_.json_member("output_config", options.output_config);
    body_.write_extra();
    tools();
    system();
    messages();
    return body_.take();
  }

 private:
  void tools() {
    if (!request_.tools.empty()) {
      tool_list(request_.tools);
    } else if (const std::vector<ToolSpec> known = tools_of_history(); !known.empty() && tool_list(known)) {
      body_.json_member("tool_choice", R"({"type":"none"})");
    }
  }

  /// A history with calls is refused where no tool is defined.
  std::vector<ToolSpec> tools_of_history() const {
    std::vector<ToolSpec> tools;
    std::set<std::string> names;
    for (const Message& message : request_.messages) {
      for (const ToolCall& call : message.calls)
        if (names.insert(safe_name(call.name)).second) tools.push_back({safe_name(call.name), "", "", {}});
    }
    return tools;
  }

  bool tool_list(std::span<const ToolSpec> tools) {
    if (!body_.begin("tools")) return false;
    body_.raw("[");
    for (const ToolSpec& tool : tools) {
      begin_block(R"({"name":)");
      body_.string(tool.name);
      body_.raw(R"(,"description":)");
      body_.string(tool.description);
      body_.raw(R"(,"input_schema":)");
      body_.raw(input_schema(tool.parameters));
    }
    // A mark on the system prompt covers the tools, which come before it.
    end_blocks(!has_system_);
    return true;
  }

  void system() {
    if (!has_system_ || !body_.begin("system")) return;
    body_.raw("[");
    text_block(request_.system);
    end_blocks(true);
  }

  void messages() {
    if (!body_.begin("messages")) return;
    const std::vector<Turn> turns = to_turns(request_.messages);
    const std::vector<std::size_t> marks = cache_marks(turns);
    body_.raw("[");
    for (std::size_t i = 0; i < turns.size(); ++i) {
      const bool is_marked = std::find(marks.begin(), marks.end(), i) != marks.end();
      body_.comma();
      body_.raw(turns[i].is_reply ? R"({"role":"assistant","content":[)" : R"({"role":"user","content":[)");
      end_blocks(turns[i].is_reply ? replies(turns[i], is_marked) : user_side(turns[i], is_marked));
      body_.raw("}");
    }
    body_.raw("]");
  }

  /// Results come before texts: the API refuses another order. True if the last block is to be marked.
  bool user_side(const Turn& turn, bool is_marked) {
    for (const Message& message : turn.messages)
      if (message.role == Role::Tool) result(message);
    for (const Message& message : turn.messages)
      if (message.role == Role::User) text_block(or_a_word(message.text));
    return is_marked;
  }

  /// A reply, or several where one was paused and went on. True if the last block is to be marked.
  bool replies(const Turn& turn, bool is_marked) {
    bool is_markable = true;  // the block that is open
    for (std::size_t i = 0; i < turn.messages.size(); ++i) {
      const Message& reply = turn.messages[i];
      const std::vector<std::string>& ids = ids_.begin_reply(reply, turn.position + i);
      if (is_echoed(reply, ids, kAnthropicProvider, request_.setup.name)) {
        own_content(reply);
        is_markable = is_marked && ends_markable(reply.provider_content);
      } else if (!is_blank(reply.text) || !ids.empty()) {
        neutral_content(reply, ids);
        is_markable = true;
      }
    }
    if (!is_block_open_) text_block(or_a_word(""));
    return is_marked && is_markable;
  }

  void own_content(const Message& reply) {
    begin_block(std::string_view(reply.provider_content).substr(1, reply.provider_content.size() - 3));
  }

  void neutral_content(const Message& reply, const std::vector<std::string>& ids) {
    if (!is_blank(reply.text)) text_block(without_end_space(reply.text));
    for (std::size_t i = 0; i < ids.size(); ++i) {
      begin_block(R"({"type":"tool_use","id":)");
      body_.string(ids[i]);
      body_.raw(R"(,"name":)");
      body_.string(safe_name(reply.calls[i].name));
      body_.raw(R"(,"input":)");
      body_.raw(input_of(reply.calls[i]));
    }
  }

  void result(const Message& message) {
    begin_block(R"({"type":"tool_result","tool_use_id":)");
    body_.string(ids_.next_result(message));
    body_.raw(R"(,"content":)");
    body_.string(or_a_word(message.text));
    if (message.is_error) body_.raw(R"(,"is_error":true)");
  }

  void text_block(std::string_view text) {
    begin_block(R"({"type":"text","text":)");
    body_.string(text);
  }

  /// A block stays open until it is known whether it is the last one, which may take a mark.
  void begin_block(std::string_view begin) {
    if (is_block_open_) body_.raw("}");
    body_.comma();
    body_.raw(begin);
    is_block_open_ = true;
  }
  void end_blocks(bool is_marked) {
    if (is_marked && has_marks_ && is_block_open_) body_.raw(kMark);
    body_.raw(is_block_open_ ? "}]" : "]");
    is_block_open_ = false;
  }

  const ModelRequest& request_;
  BodyWriter body_;
  const bool has_system_;
  const bool has_marks_;  ///< a mark of the user's own, for the whole request, does not go with ours
  bool is_block_open_ = false;
  CallIds ids_{kAnthropicProvider};
};

}  // namespace

HttpRequest encode_anthropic(const ModelRequest& request, const Endpoint& endpoint) {
  const std::string& version = request.setup.api_version;
  HttpRequest http;
  // People write the base with and without the version.
  http.url = endpoint.base_url + (endpoint.base_url.ends_with("/v1") ? "/messages" : "/v1/messages");
  http.headers = {{"Content-Type", "application/json"},
                  {"anthropic-version", version.empty() ? "2023-06-01" : version}};
  if (!endpoint.api_key.empty()) http.headers.emplace_back("x-api-key", endpoint.api_key);
  http.body = RequestWriter(request).write();
  return http;
}

}  // namespace agentd
