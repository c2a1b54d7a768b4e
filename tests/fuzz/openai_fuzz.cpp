#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "core/json_text.h"
#include "core/model/openai.h"

// Whatever a server sends, in whatever pieces: the same result, and a reply gives a history that is a valid
// request.

namespace {

using namespace agentd;

ModelResult decode(std::string_view body, std::size_t size, int status) {
  const auto decoder = kOpenAiCodec.decoder();
  decoder->head(
      status, {{"retry-after", std::string(body.substr(0, 29))}, {"date", "Sun, 22 Nov 2026 23:59:30 GMT"}});
  for (std::size_t at = 0; at < body.size(); at += size) decoder->body(body.substr(at, size));
  return decoder->finish({});
}

void require(bool promise) {
  if (!promise) std::abort();
}

void check_history(const ModelReplied& reply, std::string_view text) {
  const ModelSetup setup{.provider = "openai", .name = "m"};
  std::vector<Message> messages;
  for (int turn = 0; turn < 2; ++turn) {
    messages.push_back(
        {.role = Role::Assistant, .text = reply.text, .calls = reply.calls, .provider = reply.provider});
    for (const ToolCall& call : reply.calls)
      messages.push_back({.role = Role::Tool, .text = std::string(text), .call = call});
  }
  const std::string body = kOpenAiCodec.encode({setup, "run", "", {}, messages}, {"http://h", ""}).body;
  require(is_json_object(body));
  const auto json = nlohmann::json::parse(body);
  std::set<std::string> ids;
  for (const auto& message : json["messages"]) {
    if (!message.contains("tool_calls")) continue;
    for (const auto& call : message["tool_calls"]) {
      require(ids.insert(call["id"]).second);
      require(is_json_object(call["function"]["arguments"].get_ref<const std::string&>()));
    }
  }
}

/// Our own grammar takes whatever a JSON library takes, but for deep nesting and what follows a zero byte.
void check_grammar(std::string_view body) {
  const auto opens = std::count(body.begin(), body.end(), '{') + std::count(body.begin(), body.end(), '[');
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || body[first] != '{' || opens > 200) return;
  if (body.find('\0') != std::string_view::npos) return;
  if (nlohmann::json::accept(body)) require(is_json_object(body));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const int status = data[0] < 200 ? 200 : 300 + data[0];
  const ModelResult result = decode(body, size, status);
  require(result == decode(body, 1 + data[0] % 16, status));
  if (const auto* reply = std::get_if<ModelReplied>(&result)) check_history(*reply, body);
  check_grammar(body);
  return 0;
}
