#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "core/model/anthropic.h"

// Whatever a server sends, in whatever pieces: the same result, and a reply gives a history that is a valid
// request.

namespace {

using namespace agentd;
using nlohmann::json;

ModelResult decode(std::string_view body, std::size_t size, int status) {
  const auto decoder = kAnthropicCodec.decoder();
  decoder->head(status, {});
  for (std::size_t at = 0; at < body.size(); at += size) decoder->body(body.substr(at, size));
  return decoder->finish({});
}

void require(bool promise) {
  if (!promise) std::abort();
}

void check_block(const json& block, std::set<std::string>& ids, std::set<std::string>& open) {
  const json& type = block.at("type");
  if (type == "tool_use") {
    require(block.at("input").is_object() && ids.insert(block.at("id")).second);
    open.insert(block.at("id").get<std::string>());
  }
  if (type == "tool_result") require(open.erase(block.at("tool_use_id")) == 1);
  if (type == "text")
    require(block.at("text").get<std::string>().find_first_not_of(" \t\r\n") != std::string::npos);
}

/// The reply twice over, with results, then a third time, as if it were paused.
void check_history(const ModelReplied& reply, std::string_view text) {
  const ModelSetup setup{.provider = "anthropic", .name = "claude-sonnet-4-5", .reasoning = "high"};
  const Message said = {.role = Role::Assistant,
                        .text = reply.text,
                        .calls = reply.calls,
                        .provider = reply.provider,
                        .provider_content = reply.provider_content};
  std::vector<Message> messages = {{.text = "Go."}};
  for (int turn = 0; turn < 2; ++turn) {
    messages.push_back(said);
    for (const ToolCall& call : reply.calls)
      messages.push_back({.role = Role::Tool, .text = std::string(text), .call = call});
  }
  if (reply.calls.empty()) messages.push_back(said);
  const ModelRequest request{setup, "run", "", {}, messages};
  const json body = json::parse(kAnthropicCodec.encode(request, {"http://h", ""}).body);
  std::set<std::string> ids, open;
  for (const json& message : body.at("messages")) {
    require(!message.at("content").empty());
    for (const json& block : message.at("content")) check_block(block, ids, open);
    if (message.at("role") == "user") require(open.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const int status = data[0] < 240 ? 200 : 300 + data[0];
  const ModelResult result = decode(body, size, status);
  require(result == decode(body, 1 + data[0] % 16, status));
  if (const auto* reply = std::get_if<ModelReplied>(&result)) check_history(*reply, body);
  return 0;
}
