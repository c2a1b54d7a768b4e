#include <nlohmann/json.hpp>
#include <set>

#include "core/json_text.h"
#include "core/model/bedrock.h"
#include "tests/fuzz/replies.h"
#include "tests/support/event_frame.h"

// Whatever Bedrock sends, in whatever pieces: the same result, and a reply gives a history that is a valid
// request. A first byte below 100 makes frames of the lines, "TYPE JSON" each, as no mutation finds
// checksums.

namespace {

using namespace agentd;

std::string frames_of(std::string_view lines) {
  std::string stream;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    const std::size_t space = std::min({line.find(' '), line.size(), std::size_t{255}});
    const std::string_view payload = line.substr(std::min(space + 1, line.size()));
    const std::string_view type = line.substr(0, space);
    stream += type.ends_with("Exception") ? exception_frame(type, payload) : event_frame(type, payload);
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return stream;
}

void check_history(const ModelReplied& reply, std::string_view text) {
  const ModelSetup setup{.provider = "bedrock", .name = "anthropic.claude-sonnet-4-5", .reasoning = "low"};
  std::vector<Message> messages = {{.role = Role::User, .text = std::string(text)}};
  for (int turn = 0; turn < 2; ++turn) {
    add_turn(messages, reply, text);
    if (reply.calls.empty()) messages.push_back({.role = Role::User, .text = "More."});
  }
  const std::string body = kBedrockCodec.encode({setup, "run", "", {}, messages}, {"http://h", ""}).body;
  const auto json = nlohmann::json::parse(body, nullptr, false);
  require(!json.is_discarded());
  std::set<std::string> called, answered;
  bool user = true;
  for (const auto& message : json["messages"]) {
    require(message["role"] == (user ? "user" : "assistant"));
    user = !user;
    require(!message["content"].empty());
    for (const auto& block : message["content"]) {
      require(block.size() == 1 || !block.contains("text"));
      if (block.contains("toolUse") && block["toolUse"].is_object() && block["toolUse"].contains("toolUseId"))
        called.insert(block["toolUse"]["toolUseId"].get<std::string>());
      if (!user && block.contains("toolResult"))
        require(answered.insert(block["toolResult"]["toolUseId"].get<std::string>()).second);
    }
  }
  for (const std::string& id : answered) require(called.contains(id));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = body_of(data, size);
  const std::string body = data[0] < 100 ? frames_of(text) : std::string(text);
  const ModelResult result = decode_in_pieces(kBedrockCodec, body, data[0]);
  if (const auto* reply = std::get_if<ModelReplied>(&result)) check_history(*reply, text);
  return 0;
}
