#include "core/model/responses.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/model/body_writer.h"
#include "core/model/history.h"
#include "core/model/openai_wire.h"
#include "core/model/reply_json.h"

namespace agentd {
namespace {

/// Whether the model may reason. Asked for encrypted reasoning, the families that never do answer 400, and
/// without it the others lose their train of thought at every call: an unknown name is taken for one of
/// those.
bool may_reason(const ModelSetup& setup) {
  if (!setup.reasoning.empty()) return true;
  std::string_view name = setup.name;
  name.remove_prefix(name.rfind('/') + 1);  // a gateway's "openai/gpt-4o"
  if (name.starts_with("ft:")) name.remove_prefix(3);
  const bool chat = name.starts_with("gpt-3.5") || name.starts_with("gpt-4") || name.starts_with("chatgpt");
  return !chat && !name.starts_with("gpt-5-chat");
}

/// Arguments are text here, and a server would refuse ones that are no object with every request.
bool has_sound_arguments(const Message& reply) {
  return std::all_of(reply.calls.begin(), reply.calls.end(),
                     [](const ToolCall& call) { return is_json_object(call.arguments); });
}

class RequestWriter {
 public:
  explicit RequestWriter(const ModelRequest& request) : request_(request), body_(request) {}

  std::string write(bool openai_host) {
    const ModelSetup& setup = request_.setup;
    body_.text_member("model", setup.name);
    if (setup.stream) body_.json_member("stream", "true");
    body_.json_member("store", "false");
    if (may_reason(setup)) body_.json_member("include", R"(["reasoning.encrypted_content"])");
    if (setup.max_output_tokens)
      body_.json_member("max_output_tokens", std::to_string(*setup.max_output_tokens));
    if (setup.temperature) body_.json_member("temperature", nlohmann::json(*setup.temperature).dump());
    if (!setup.reasoning.empty())
      body_.json_member("reasoning", nlohmann::json{{"effort", setup.reasoning}}.dump());
    if (openai_host && !request_.run.empty())
      body_.text_member("prompt_cache_key", prompt_cache_key(request_.run));
    if (const std::string format = answer_format(request_, openai_host); !format.empty())
      body_.json_member("text", R"({"format":{"type":"json_schema",)" + format + "}}");
    body_.write_extra();
    if (!request_.system.empty()) body_.text_member("instructions", request_.system);
    // Not strict, which is what a tool without the member would be: strict mode refuses every schema that has
    // an optional parameter.
    write_tools(body_, request_.tools, {R"({"type":"function",)", R"(,"strict":false})"});
    input();
    return body_.take();
  }

 private:
  void input() {
    if (!body_.begin("input")) return;
    body_.raw("[");
    for (std::size_t i = 0; i < request_.messages.size(); ++i) {
      const Message& message = request_.messages[i];
      switch (message.role) {
        case Role::User:
          text_item("user", message.text);
          break;
        case Role::Assistant:
          reply_items(message, i);
          break;
        case Role::Tool:
          result_item(message);
          break;
      }
    }
    body_.raw("]");
  }

  /// A string rather than a list of parts, for replies too: servers want ids and a status of such a list.
  void text_item(std::string_view role, std::string_view text) {
    body_.comma();
    body_.raw(R"({"type":"message","role":")");
    body_.raw(role);
    body_.raw(R"(","content":)");
    body_.string(text);
    body_.raw("}");
  }

  /// All of a reply's items with their ids, or all anew without any: an item whose id names reasoning that is
  /// not there is refused.
  void reply_items(const Message& message, std::size_t position) {
    const std::vector<std::string>& ids = ids_.begin_reply(message, position);
    if (is_echoed(message, ids, kResponsesProvider, request_.setup.name) && has_sound_arguments(message)) {
      body_.comma();
      body_.raw(std::string_view(message.provider_content).substr(1, message.provider_content.size() - 2));
      return;
    }
    if (!is_blank(message.text)) text_item("assistant", message.text);
    for (std::size_t i = 0; i < ids.size(); ++i) call_item(message.calls[i], ids[i]);
  }

  void call_item(const ToolCall& call, const std::string& id) {
    body_.comma();
    body_.raw(R"({"type":"function_call","call_id":)");
    body_.string(id);
    body_.raw(R"(,"name":)");
    body_.string(safe_name(call.name));
    body_.raw(R"(,"arguments":)");
    body_.string(safe_arguments(call));
    body_.raw("}");
  }

  void result_item(const Message& message) {
    body_.comma();
    body_.raw(R"({"type":"function_call_output","call_id":)");
    body_.string(ids_.next_result(message));
    body_.raw(R"(,"output":)");
    body_.string(message.text);
    body_.raw("}");
  }

  const ModelRequest& request_;
  BodyWriter body_;
  CallIds ids_{kResponsesProvider};
};

}  // namespace

HttpRequest encode_responses(const ModelRequest& request, const Endpoint& endpoint) {
  return openai_post(endpoint, "/responses", RequestWriter(request).write(is_openai_host(endpoint.base_url)));
}

}  // namespace agentd
