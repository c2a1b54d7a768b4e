#include "core/model/openai.h"

#include <nlohmann/json.hpp>

#include "core/model/body_writer.h"
#include "core/model/history.h"
#include "core/model/openai_wire.h"

namespace agentd {
namespace {

class RequestWriter {
 public:
  explicit RequestWriter(const ModelRequest& request) : request_(request), body_(request) {}

  std::string write(bool openai_host) {
    const ModelSetup& setup = request_.setup;
    body_.text_member("model", setup.name);
    if (setup.stream && !body_.is_extra("stream")) {
      body_.json_member("stream", "true");
      body_.json_member("stream_options", R"({"include_usage":true})");
    }
    if (setup.max_output_tokens)
      body_.json_member(openai_host ? "max_completion_tokens" : "max_tokens",
                        std::to_string(*setup.max_output_tokens));
    if (setup.temperature) body_.json_member("temperature", nlohmann::json(*setup.temperature).dump());
    if (!setup.reasoning.empty()) body_.text_member("reasoning_effort", setup.reasoning);
    if (openai_host && !request_.run.empty())
      body_.text_member("prompt_cache_key", prompt_cache_key(request_.run));
    if (const std::string format = answer_format(request_, openai_host); !format.empty())
      body_.json_member("response_format", R"({"type":"json_schema","json_schema":{)" + format + "}}");
    body_.write_extra();
    write_tools(body_, request_.tools, {R"({"type":"function","function":{)", "}}"});
    messages();
    return body_.take();
  }

 private:
  void messages() {
    if (!body_.begin("messages")) return;
    body_.raw("[");
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
    body_.raw("]");
  }

  void begin_message(std::string_view role) {
    body_.comma();
    body_.raw(R"({"role":")");
    body_.raw(role);
    body_.raw(R"(",)");
  }
  void content(std::string_view text) {
    body_.raw(R"("content":)");
    body_.string(text);
  }
  void text_message(std::string_view role, std::string_view text) {
    begin_message(role);
    content(text);
    body_.raw("}");
  }

  /// The content beside calls is "" rather than null: some compatible servers refuse null.
  void assistant_message(const Message& message, std::size_t position) {
    begin_message("assistant");
    content(message.text);
    const std::vector<std::string>& ids = ids_.begin_reply(message, position);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      body_.raw(i == 0 ? R"(,"tool_calls":[)" : ",");
      call(message.calls[i], ids[i]);
    }
    body_.raw(ids.empty() ? "}" : "]}");
  }

  void call(const ToolCall& call, const std::string& id) {
    body_.raw(R"({"id":)");
    body_.string(id);
    body_.raw(R"(,"type":"function","function":{"name":)");
    body_.string(safe_name(call.name));
    body_.raw(R"(,"arguments":)");
    body_.string(safe_arguments(call));
    body_.raw("}}");
  }

  void tool_message(const Message& message) {
    begin_message("tool");
    body_.raw(R"("tool_call_id":)");
    body_.string(ids_.next_result(message));
    body_.raw(",");
    content(message.text);
    body_.raw("}");
  }

  const ModelRequest& request_;
  BodyWriter body_;
  CallIds ids_{"openai"};
};

}  // namespace

HttpRequest encode_openai(const ModelRequest& request, const Endpoint& endpoint) {
  return openai_post(endpoint, "/chat/completions",
                     RequestWriter(request).write(is_openai_host(endpoint.base_url)));
}

}  // namespace agentd
