#include "core/model/bedrock.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/json_text.h"
#include "core/model/anthropic_options.h"
#include "core/model/body_writer.h"
#include "core/model/claude_model.h"
#include "core/model/history.h"
#include "core/model/reply_json.h"
#include "core/text.h"

namespace agentd {
namespace {

constexpr std::string_view kProvider = "bedrock";
constexpr char kCachePoint[] = R"({"cachePoint":{"type":"default"}})";
constexpr char kAnyObject[] = R"({"type":"object","properties":{}})";

bool has_tool_blocks(const Message& message) {
  return message.role == Role::Tool || !message.calls.empty();
}

class RequestWriter {
 public:
  explicit RequestWriter(const ModelRequest& request)
      : request_(request),
        model_(bedrock_model(request.setup.name)),
        turns_(to_turns(request.messages)),
        body_(request) {}

  std::string write() {
    choose_thinking();
    inference();
    thinking();
    answer_form();
    body_.write_extra();
    tools();
    system();
    messages();
    return body_.take();
  }

 private:
  using CachePoints = BedrockModel::CachePoints;
  using Thinking = ClaudeModel::Thinking;

  /// Bedrock's own limit is too low for a model that thinks.
  void choose_thinking() {
    max_tokens_ = request_.setup.max_output_tokens;
    if (!model_.is_claude) return;
    const ClaudeModel claude = claude_model(request_.setup.name);
    if (!max_tokens_ && claude.thinks_unasked) max_tokens_ = claude.usual_tokens;
    if (body_.is_extra("additionalModelRequestFields")) return;
    thinking_ = claude_thinking(request_, kProvider);
    if (thinking_.form != Thinking::None) max_tokens_ = thinking_.max_tokens;
  }

  void inference() {
    // With thinking Claude refuses every temperature but its own.
    const bool has_temperature = request_.setup.temperature && thinking_.form == Thinking::None;
    if ((!max_tokens_ && !has_temperature) || !body_.begin("inferenceConfig")) return;
    nlohmann::ordered_json config;
    if (max_tokens_) config["maxTokens"] = *max_tokens_;
    if (has_temperature) config["temperature"] = *request_.setup.temperature;
    body_.raw(config.dump());
  }

  /// Claude 4.5 and 4.6 take a schema here; Bedrock was seen to refuse it for newer ones.
  void answer_form() {
    const int version = model_.is_claude ? claude_model(request_.setup.name).version : 0;
    if ((version != 405 && version != 406) || !is_claude_schema(request_.answer_schema)) return;
    if (!body_.begin("outputConfig")) return;
    body_.raw(R"({"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"name":"answer","schema":)");
    body_.string(request_.answer_schema);
    body_.raw("}}}}");
  }

  void thinking() {
    if (thinking_.form == Thinking::None) return;
    body_.begin("additionalModelRequestFields");
    if (thinking_.form == Thinking::Adaptive) {
      body_.raw(R"({"thinking":{"type":"adaptive"},"output_config":{"effort":)");
      body_.string(request_.setup.reasoning);
      body_.raw("}}");
    } else {
      body_.raw(R"({"thinking":{"type":"enabled","budget_tokens":)");
      body_.raw(std::to_string(thinking_.budget));
      body_.raw("}}");
    }
  }

  /// Needed even on a last turn without tools, if the history has calls.
  void tools() {
    const auto messages = request_.messages;
    const bool in_history = std::any_of(messages.begin(), messages.end(), has_tool_blocks);
    if ((request_.tools.empty() && !in_history) || !body_.begin("toolConfig")) return;
    body_.raw(R"({"tools":[)");
    for (const ToolSpec& spec : request_.tools) tool(spec.name, spec.description, spec.parameters);
    if (request_.tools.empty()) {
      for (const std::string& name : names_in_history()) tool(name, "", "");
    }
    body_.raw("]}");
  }

  std::set<std::string> names_in_history() const {
    std::set<std::string> names;
    for (const Message& message : request_.messages) {
      if (message.role == Role::Tool) names.insert(safe_name(message.call.name));
      for (const ToolCall& call : message.calls) names.insert(safe_name(call.name));
    }
    return names;
  }

  void tool(std::string_view name, std::string_view description, std::string_view parameters) {
    body_.comma();
    body_.raw(R"({"toolSpec":{"name":)");
    body_.string(safe_name(name));
    if (!is_blank(description)) {
      body_.raw(R"(,"description":)");
      body_.string(description);
    }
    body_.raw(R"(,"inputSchema":{"json":)");
    body_.raw(parameters.empty() ? kAnyObject : parameters);
    body_.raw("}}}");
  }

  void system() {
    if (is_blank(request_.system) || !body_.begin("system")) return;
    body_.raw("[");
    text(request_.system);
    if (model_.cache_points != CachePoints::None) cache_point();
    body_.raw("]");
  }

  void messages() {
    if (!body_.begin("messages")) return;
    const std::vector<std::size_t> marks =
        model_.cache_points == CachePoints::Everywhere ? cache_marks(turns_) : std::vector<std::size_t>();
    body_.raw("[");
    for (std::size_t i = 0; i < turns_.size(); ++i) {
      body_.comma();
      body_.raw(turns_[i].is_reply ? R"({"role":"assistant","content":[)" : R"({"role":"user","content":[)");
      turns_[i].is_reply ? replies(turns_[i]) : user_turn(turns_[i]);
      if (!turns_[i].is_reply && std::find(marks.begin(), marks.end(), i) != marks.end()) cache_point();
      body_.raw("]}");
    }
    body_.raw("]");
  }

  /// Results first: they must follow their calls at once.
  void user_turn(const Turn& turn) {
    for (const Message& message : turn.messages)
      if (message.role == Role::Tool) result(message);
    for (const Message& message : turn.messages)
      if (message.role == Role::User) text(is_blank(message.text) ? "(empty)" : message.text);
  }

  void result(const Message& message) {
    body_.comma();
    body_.raw(R"({"toolResult":{"toolUseId":)");
    body_.string(ids_.next_result(message));
    body_.raw(R"(,"content":[)");
    text(is_blank(message.text) ? "(no output)" : message.text);
    body_.raw("]");
    if (message.is_error && model_.takes_result_status) body_.raw(R"(,"status":"error")");
    body_.raw("}}");
  }

  void replies(const Turn& turn) {
    bool is_empty = true;
    for (std::size_t i = 0; i < turn.messages.size(); ++i) {
      const Message& message = turn.messages[i];
      const std::vector<std::string>& ids = ids_.begin_reply(message, turn.position + i);
      if (is_echoed(message, ids, kProvider, request_.setup.name)) {
        const std::string_view content = message.provider_content;
        body_.comma();
        body_.raw(content.substr(1, content.size() - 2));
        is_empty = false;
        continue;
      }
      if (!is_blank(message.text)) text(message.text);
      for (std::size_t c = 0; c < ids.size(); ++c) call(message.calls[c], ids[c]);
      is_empty = is_empty && is_blank(message.text) && ids.empty();
    }
    if (is_empty) text("(empty)");
  }

  void call(const ToolCall& call, const std::string& id) {
    body_.comma();
    body_.raw(R"({"toolUse":{"toolUseId":)");
    body_.string(id);
    body_.raw(R"(,"name":)");
    body_.string(safe_name(call.name));
    body_.raw(R"(,"input":)");
    body_.raw(safe_arguments(call));
    body_.raw("}}");
  }

  void text(std::string_view text) {
    body_.comma();
    body_.raw(R"({"text":)");
    body_.string(text);
    body_.raw("}");
  }
  void cache_point() {
    body_.comma();
    body_.raw(kCachePoint);
  }

  const ModelRequest& request_;
  BedrockModel model_;
  std::vector<Turn> turns_;
  BodyWriter body_;
  CallIds ids_{kProvider};
  ClaudeThinking thinking_;
  std::optional<std::int64_t> max_tokens_;
};

}  // namespace

HttpRequest encode_bedrock(const ModelRequest& request, const Endpoint& endpoint) {
  HttpRequest http;
  http.url = endpoint.base_url + "/model/" + percent_encode(request.setup.name) +
             (request.setup.stream ? "/converse-stream" : "/converse");
  http.headers = {{"Content-Type", "application/json"}};
  if (!endpoint.api_key.empty()) http.headers.emplace_back("Authorization", "Bearer " + endpoint.api_key);
  http.body = RequestWriter(request).write();
  return http;
}

}  // namespace agentd
