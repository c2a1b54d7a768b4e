#include "core/model/gemini.h"

#include <nlohmann/json.hpp>

#include "core/model/body_writer.h"
#include "core/model/gemini_model.h"
#include "core/model/history.h"
#include "core/model/reply_json.h"

namespace agentd {
namespace {

constexpr std::string_view kProvider = "gemini";

/// What Google documents for calls that nobody signed: without any signature Gemini 3 refuses a history. Only
/// the last turn needs it, but bytes that were sent once stay as they are.
constexpr std::string_view kForeignSignature = R"(,"thoughtSignature":"skip_thought_signature_validator")";

/// A letter or _ must come first.
std::string tool_name(std::string_view name) {
  std::string safe = safe_name(name);
  const char first = safe.front();
  if (first == '-' || (first >= '0' && first <= '9')) safe = ("_" + safe).substr(0, 64);
  return safe;
}

/// As an object of the body itself, so strictly valid: what other models wrote is read and written anew.
std::string arguments_of(const ToolCall& call, bool is_own) {
  if (is_own) return std::string(safe_arguments(call));
  const ReplyJson arguments = parse_reply(call.arguments);
  return arguments.is_discarded() ? "{}" : dump_reply(arguments);
}

class RequestWriter {
 public:
  explicit RequestWriter(const ModelRequest& request)
      : request_(request), needs_signatures_(gemini_version(request.setup.name) >= 300), body_(request) {}

  std::string write() {
    system_instruction();
    generation_config();
    body_.write_extra();
    tools();
    contents();
    return body_.take();
  }

 private:
  void system_instruction() {
    if (is_blank(request_.system) || !body_.begin("systemInstruction")) return;
    body_.raw(R"({"parts":[)");
    text_part(request_.system);
    body_.raw("]}");
  }

  void generation_config() {
    const ModelSetup& setup = request_.setup;
    std::string members;
    const auto add = [&](const char* name, const std::string& value) {
      if (!value.empty()) members.append(members.empty() ? "\"" : ",\"").append(name) += "\":" + value;
    };
    if (setup.max_output_tokens) add("maxOutputTokens", std::to_string(*setup.max_output_tokens));
    if (setup.temperature) add("temperature", nlohmann::json(*setup.temperature).dump());
    if (!setup.reasoning.empty())
      add("thinkingConfig", gemini_thinking(setup.name, setup.reasoning, setup.max_output_tokens));
    // Models before 3 refuse a form of the answer beside tools.
    if (!request_.answer_schema.empty() && (request_.tools.empty() || gemini_version(setup.name) >= 300)) {
      add("responseMimeType", R"("application/json")");
      add("responseJsonSchema", std::string(request_.answer_schema));
    }
    if (!members.empty()) body_.json_member("generationConfig", "{" + members + "}");
  }

  void tools() {
    if (request_.tools.empty() || !body_.begin("tools")) return;
    body_.raw(R"([{"functionDeclarations":[)");
    for (const ToolSpec& tool : request_.tools) {
      body_.comma();
      body_.raw(R"({"name":)");
      body_.string(tool_name(tool.name));
      body_.raw(R"(,"description":)");
      body_.string(is_blank(tool.description) ? tool.name : tool.description);
      if (!tool.parameters.empty()) {
        body_.raw(R"(,"parametersJsonSchema":)");
        body_.raw(tool.parameters);
      }
      body_.raw("}");
    }
    body_.raw("]}]");
  }

  void contents() {
    if (!body_.begin("contents")) return;
    body_.raw("[");
    for (const Turn& turn : to_turns(request_.messages)) {
      body_.comma();
      body_.raw(turn.is_reply ? R"({"role":"model","parts":[)" : R"({"role":"user","parts":[)");
      has_part_ = false;
      turn.is_reply ? replies(turn) : results_and_words(turn);
      // A turn of no parts is refused, and so is an empty text.
      if (!has_part_) text_part(" ");
      body_.raw("]}");
    }
    body_.raw("]");
  }

  void replies(const Turn& turn) {
    calls_.clear();
    for (const Message& message : turn.messages) reply(message);
  }

  /// The model's own content goes back as it came; all other is written anew, and so is an unsigned one that
  /// a model of today would refuse.
  void reply(const Message& message) {
    const bool is_own = message.provider == kProvider;
    const bool is_signed = message.provider_content.find("\"thoughtSignature\"") != std::string::npos;
    const bool is_echoed = has_own_content(message, kProvider, request_.setup.name) &&
                           (is_signed || message.calls.empty() || !needs_signatures_);
    if (is_echoed) {
      begin_part();
      body_.raw(std::string_view(message.provider_content).substr(1, message.provider_content.size() - 2));
    } else {
      words(message.text);
    }
    for (const ToolCall& call : message.calls) {
      const bool is_first = &call == &message.calls.front();
      calls_.push_back({is_own ? call.provider_id : "", is_echoed ? call.name : tool_name(call.name), ""});
      if (!is_echoed)
        function_call(arguments_of(call, is_own), is_first && needs_signatures_ ? kForeignSignature : "");
    }
  }

  /// As the call goes out that was noted last.
  void function_call(std::string_view arguments, std::string_view signature) {
    begin_part();
    body_.raw(R"({"functionCall":{)");
    id_and_name(calls_.back());
    body_.raw(R"(,"args":)");
    body_.raw(arguments);
    body_.raw("}");
    body_.raw(signature);
    body_.raw("}");
  }

  void results_and_words(const Turn& turn) {
    std::size_t next = 0;
    for (const Message& message : turn.messages) {
      if (message.role != Role::Tool) continue;
      const ToolCall unasked{"", tool_name(message.call.name), ""};
      function_response(next < calls_.size() ? calls_[next] : unasked, message);
      ++next;
    }
    for (const Message& message : turn.messages)
      if (message.role == Role::User) words(message.text);
  }

  void function_response(const ToolCall& call, const Message& result) {
    begin_part();
    body_.raw(R"({"functionResponse":{)");
    id_and_name(call);
    body_.raw(result.is_error ? R"(,"response":{"error":)" : R"(,"response":{"output":)");
    body_.string(result.text);
    body_.raw("}}}");
  }

  void id_and_name(const ToolCall& call) {
    if (!call.provider_id.empty()) {
      body_.raw(R"("id":)");
      body_.string(call.provider_id);
      body_.raw(",");
    }
    body_.raw(R"("name":)");
    body_.string(call.name);
  }

  void words(std::string_view text) {
    if (!is_blank(text)) text_part(text);
  }
  void text_part(std::string_view text) {
    begin_part();
    body_.raw(R"({"text":)");
    body_.string(text);
    body_.raw("}");
  }
  void begin_part() {
    body_.comma();
    has_part_ = true;
  }

  const ModelRequest& request_;
  const bool needs_signatures_;
  BodyWriter body_;
  std::vector<ToolCall> calls_;  ///< of the last reply, with the ids and names that they went out with
  bool has_part_ = false;        ///< in this turn
};

}  // namespace

HttpRequest encode_gemini(const ModelRequest& request, const Endpoint& endpoint) {
  HttpRequest http;
  http.url = gemini_url(request.setup, endpoint.base_url);
  http.headers = {{"Content-Type", "application/json"}};
  if (!endpoint.api_key.empty()) http.headers.emplace_back("x-goog-api-key", endpoint.api_key);
  http.body = RequestWriter(request).write();
  return http;
}

}  // namespace agentd
