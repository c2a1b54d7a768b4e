#pragma once

#include "core/model/anthropic.h"
#include "tests/support/model_golden.h"

// Requests and histories for the tests of the Messages format.

namespace agentd::anthropic_case {

inline constexpr Codec kAnthropic = kAnthropicCodec;

inline ModelResult decode_golden(const std::string& name, const std::optional<HttpFailure>& failure = {}) {
  return decode(kAnthropic, read_response("anthropic", name), 0, failure);
}

struct Case {
  std::string name;
  ModelSetup setup = {.provider = "anthropic", .name = "claude-sonnet-4-5"};
  std::vector<Message> messages = {user("Hi.")};
  std::string system = "Be brief.\n";
  std::string base_url = "https://api.anthropic.com";
  std::string key = "sk-test";
  std::string schema = "";
};

inline ModelRequest request_of(const Case& c, std::span<const ToolSpec> tools = kTools) {
  return {c.setup, "demo-1a2b3c", c.system, tools, c.messages, c.schema};
}

inline HttpRequest encode(const Case& c, std::span<const ToolSpec> tools = kTools) {
  return kAnthropic.encode(request_of(c, tools), {c.base_url, c.key});
}

inline nlohmann::json body_of(const Case& c, std::span<const ToolSpec> tools = kTools) {
  return nlohmann::json::parse(encode(c, tools).body);
}

inline nlohmann::json messages_of(std::vector<Message> messages) {
  Case c;
  c.messages = std::move(messages);
  return body_of(c)["messages"];
}

/// A reply of the golden files as the transcript keeps it.
inline Message kept(const std::string& golden_name) {
  const ModelReplied replied = std::get<ModelReplied>(decode_golden(golden_name));
  return {.role = Role::Assistant,
          .text = replied.text,
          .calls = replied.calls,
          .provider = replied.provider,
          .provider_content = replied.provider_content};
}

/// A reply and a result for each of its calls.
inline std::vector<Message> turn_with(const Message& reply) {
  std::vector<Message> messages = {reply};
  for (const ToolCall& call : reply.calls) messages.push_back(result(call, "ok"));
  return messages;
}

/// With ids of its own.
inline Message kept_in_turn(const std::string& golden_name, std::size_t turn) {
  Message reply = kept(golden_name);
  const std::string id = "toolu_01", own = "toolu_" + std::to_string(turn);
  for (ToolCall& call : reply.calls) call.provider_id.replace(0, id.size(), own);
  std::string& content = reply.provider_content;
  for (std::size_t at = content.find(id); at != std::string::npos; at = content.find(id, at + own.size()))
    content.replace(at, id.size(), own);
  return reply;
}

inline std::vector<Message> long_history(std::size_t turns) {
  std::vector<Message> messages = {user("Go.")};
  const std::vector<std::string> replies = {
      "stream_parallel_calls",       "stream_thinking_and_call", "stream_pause",
      "stream_interleaved_thinking", "stream_invalid_arguments", "stream_pause_in_text"};
  for (std::size_t i = 0; i < turns; ++i) {
    for (Message& message : turn_with(kept_in_turn(replies[i % replies.size()], i)))
      messages.push_back(std::move(message));
    if (i % 4 == 1) messages.push_back(user("Hurry."));
  }
  return messages;
}

inline int count_marks(const nlohmann::json& value) {
  if (!value.is_structured()) return 0;
  int count = 0;
  for (const auto& item : value.items())
    count += item.key() == "cache_control" ? 1 : count_marks(item.value());
  return count;
}

/// The rules that the API refuses a request for.
inline void check_rules(const nlohmann::json& body) {
  CHECK(count_marks(body) <= 4);
  std::vector<std::string> open;
  std::string last_role;
  for (const nlohmann::json& message : body["messages"]) {
    CHECK(message["role"] != last_role);
    last_role = message["role"];
    CHECK_FALSE(message["content"].empty());
    for (const nlohmann::json& block : message["content"]) {
      const std::string type = block["type"];
      if (type == "text")
        CHECK(block["text"].get<std::string>().find_first_not_of(" \n") != std::string::npos);
      if (type == "tool_use") open.push_back(block["id"]);
      if (type == "tool_use") CHECK(block["input"].is_object());
      if (type == "thinking") CHECK_FALSE(block.contains("cache_control"));
      if (type == "tool_result") {
        REQUIRE_FALSE(open.empty());
        CHECK(block["tool_use_id"] == open.front());
        open.erase(open.begin());
      }
    }
    if (last_role == "user") CHECK(open.empty());
  }
}

}  // namespace agentd::anthropic_case
