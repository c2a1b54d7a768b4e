#include "core/model/openai.h"

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "core/model/json_text.h"
#include "core/text.h"

namespace agentd {
namespace {

/// OpenAI refuses a longer one.
std::string cache_key(std::string_view run) {
  constexpr std::size_t kLongest = 64;
  return run.size() <= kLongest ? std::string(run) : hash_hex(run);
}

using nlohmann::json;

/// OpenAI's own servers want members that some compatible ones refuse.
bool is_openai_host(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const std::string_view host = url.substr(0, url.find_first_of("/:?"));
  return host == "api.openai.com" || host.ends_with(".api.openai.com");
}

/// Writes the body by appending: the history is megabytes, so no tree of it is built.
class BodyWriter {
 public:
  explicit BodyWriter(const ModelRequest& request) : request_(request) {
    if (!request.setup.extra.empty()) extra_ = json::parse(request.setup.extra);
    std::size_t size = 4096 + request.system.size();
    for (const Message& message : request.messages) {
      size += 256 + message.text.size() + message.text.size() / 8;
      for (const ToolCall& call : message.calls)
        size += 128 + call.arguments.size() + call.arguments.size() / 4;
    }
    body_.reserve(size);
  }

  std::string write(bool openai_host) {
    const ModelSetup& setup = request_.setup;
    string_member("model", setup.name);
    if (setup.stream && !extra_.contains("stream")) {
      member("stream", "true");
      member("stream_options", R"({"include_usage":true})");
    }
    if (setup.max_output_tokens) {
      member(openai_host ? "max_completion_tokens" : "max_tokens", std::to_string(*setup.max_output_tokens));
    }
    if (setup.temperature) member("temperature", json(*setup.temperature).dump());
    if (!setup.reasoning.empty()) string_member("reasoning_effort", setup.reasoning);
    if (openai_host) string_member("prompt_cache_key", cache_key(request_.run));
    for (const auto& [name, value] : extra_.items()) {
      begin_member(name);
      body_ += value.dump(-1, ' ', false, json::error_handler_t::replace);
    }
    tools();
    messages();
    body_ += '}';
    return std::move(body_);
  }

 private:
  void begin_member(std::string_view name) {
    body_ += body_.empty() ? '{' : ',';
    append_json_string(body_, name);
    body_ += ':';
  }
  /// `extra` wins over ours.
  void member(const char* name, std::string_view value) {
    if (extra_.contains(name)) return;
    begin_member(name);
    body_ += value;
  }
  void string_member(const char* name, std::string_view value) {
    if (extra_.contains(name)) return;
    begin_member(name);
    append_json_string(body_, value);
  }

  void tools() {
    if (request_.tools.empty() || extra_.contains("tools")) return;
    begin_member("tools");
    char separator = '[';
    for (const ToolSpec& tool : request_.tools) {
      body_ += separator;
      separator = ',';
      body_ += R"({"type":"function","function":{"name":)";
      append_json_string(body_, tool.name);
      body_ += R"(,"description":)";
      append_json_string(body_, tool.description);
      body_ += R"(,"parameters":)";
      body_ += tool.parameters.empty() ? R"({"type":"object","properties":{}})" : tool.parameters;
      body_ += "}}";
    }
    body_ += ']';
  }

  void messages() {
    if (extra_.contains("messages")) return;
    begin_member("messages");
    body_ += '[';
    if (!request_.system.empty()) text_message("system", request_.system);
    for (std::size_t i = 0; i < request_.messages.size(); ++i) {
      const Message& message = request_.messages[i];
      switch (message.role) {
        case Role::User:
          text_message("user", message.text);
          break;
        case Role::Assistant:
          assistant_message(message, i);
          break;
        case Role::Tool:
          tool_message(message);
          break;
      }
    }
    body_ += ']';
  }

  void begin_message(std::string_view role) {
    if (body_.back() != '[') body_ += ',';
    body_.append(R"({"role":")").append(role).append(R"(",)");
  }
  void content(std::string_view text) {
    body_ += R"("content":)";
    append_json_string(body_, text);
  }
  void text_message(std::string_view role, std::string_view text) {
    begin_message(role);
    content(text);
    body_ += '}';
  }

  /// The content beside calls is "" rather than null: some compatible servers refuse null.
  void assistant_message(const Message& message, std::size_t position) {
    open_ids_.clear();
    next_result_ = 0;
    begin_message("assistant");
    content(message.text);
    for (std::size_t i = 0; i < message.calls.size(); ++i) {
      body_ += i == 0 ? R"(,"tool_calls":[)" : ",";
      open_ids_.push_back(unique_id(message, i, position));
      call(message.calls[i], open_ids_.back());
    }
    body_ += message.calls.empty() ? "}" : "]}";
  }

  void call(const ToolCall& call, const std::string& id) {
    body_ += R"({"id":)";
    append_json_string(body_, id);
    body_ += R"(,"type":"function","function":{"name":)";
    append_json_string(body_, safe_name(call.name));
    body_ += R"(,"arguments":)";
    // One text that is no JSON would make strict servers refuse this and every later request.
    append_json_string(body_, is_json_object(call.arguments) ? std::string_view(call.arguments) : "{}");
    body_ += "}}";
  }

  void tool_message(const Message& message) {
    begin_message("tool");
    body_ += R"("tool_call_id":)";
    append_json_string(
        body_, next_result_ < open_ids_.size() ? open_ids_[next_result_++] : message.call.provider_id);
    body_ += ',';
    content(message.text);
    body_ += '}';
  }

  /// The provider's own id, or one made of the call's place where that is missing, repeated or another
  /// provider's.
  std::string unique_id(const Message& message, std::size_t index, std::size_t position) {
    const bool foreign = !message.provider.empty() && message.provider != "openai";
    std::string id = foreign ? std::string() : message.calls[index].provider_id;
    if (id.empty() || used_ids_.contains(id)) {
      id = "call_" + std::to_string(position) + "_" + std::to_string(index + 1);
    }
    while (!used_ids_.insert(id).second) id += '_';
    return id;
  }

  /// OpenAI refuses a history with a name that it would not have let a tool have; models make such names up.
  static std::string safe_name(std::string_view name) {
    std::string safe(name.substr(0, 64));
    for (char& c : safe) {
      const bool good =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
      if (!good) c = '_';
    }
    return safe.empty() ? "_" : safe;
  }

  const ModelRequest& request_;
  json extra_ = json::object();
  std::string body_;
  std::unordered_set<std::string> used_ids_;
  std::vector<std::string> open_ids_;  ///< of the last reply's calls, in order
  std::size_t next_result_ = 0;
};

class OpenAiCodec : public Codec {
 public:
  HttpRequest encode(const ModelRequest& request, const Endpoint& endpoint) const override {
    HttpRequest http;
    http.url = endpoint.base_url + "/chat/completions";
    http.headers = {{"Content-Type", "application/json"}};
    if (!endpoint.api_key.empty()) http.headers.emplace_back("Authorization", "Bearer " + endpoint.api_key);
    http.body = BodyWriter(request).write(is_openai_host(endpoint.base_url));
    return http;
  }

  std::unique_ptr<ReplyDecoder> decoder() const override { return make_openai_decoder(); }
};

}  // namespace

std::unique_ptr<Codec> make_openai_codec() {
  return std::make_unique<OpenAiCodec>();
}

}  // namespace agentd
