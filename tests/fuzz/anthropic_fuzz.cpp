#include <nlohmann/json.hpp>
#include <set>

#include "core/model/anthropic.h"
#include "tests/fuzz/replies.h"

// Whatever a server sends, in whatever pieces: the same result, and a reply gives a history that is a valid
// request.

namespace {

using namespace agentd;
using nlohmann::json;

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
  std::vector<Message> messages = {{.text = "Go."}};
  for (int turn = 0; turn < 2; ++turn) {
    add_turn(messages, reply, text);
  }
  if (reply.calls.empty()) add_turn(messages, reply, text);
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
  const std::string_view body = body_of(data, size);
  const ModelResult result = decode_in_pieces(kAnthropicCodec, body, data[0]);
  if (const auto* reply = std::get_if<ModelReplied>(&result)) check_history(*reply, body);
  return 0;
}
