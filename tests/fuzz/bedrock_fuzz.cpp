#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "core/model/bedrock.h"
#include "core/json_text.h"
#include "tests/support/event_frame.h"

// Whatever Bedrock sends, in whatever pieces: the same result, and a reply gives a history that is a valid
// request. A first byte below 100 makes frames of the lines, "TYPE JSON" each, as no mutation finds
// checksums.

namespace {

using namespace agentd;

void require(bool promise) {
  if (!promise) std::abort();
}

ModelResult decode(std::string_view body, std::size_t size, int status) {
  const auto decoder = kBedrockCodec.decoder();
  decoder->head(status, {{"x-amzn-errortype", std::string(body.substr(0, 40))}});
  for (std::size_t at = 0; at < body.size(); at += size) decoder->body(body.substr(at, size));
  return decoder->finish({});
}

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
    messages.push_back({.role = Role::Assistant,
                        .text = reply.text,
                        .calls = reply.calls,
                        .provider = reply.provider,
                        .provider_content = reply.provider_content});
    for (const ToolCall& call : reply.calls)
      messages.push_back({.role = Role::Tool, .text = std::string(text), .call = call});
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
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string body = data[0] < 100 ? frames_of(text) : std::string(text);
  const int status = data[0] < 200 ? 200 : 300 + data[0];
  const ModelResult result = decode(body, body.size() + 1, status);
  require(result == decode(body, 1 + data[0] % 16, status));
  if (const auto* reply = std::get_if<ModelReplied>(&result)) check_history(*reply, text);
  return 0;
}
