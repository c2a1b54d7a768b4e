#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/json_text.h"
#include "core/model/openai.h"
#include "tests/fuzz/replies.h"

// Whatever a server sends, in whatever pieces: the same result, and a reply gives a history that is a valid
// request.

namespace {

using namespace agentd;

void check_history(const ModelReplied& reply, std::string_view text) {
  const ModelSetup setup{.provider = "openai", .name = "m"};
  std::vector<Message> messages;
  for (int turn = 0; turn < 2; ++turn) {
    add_turn(messages, reply, text);
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
  const std::string_view body = body_of(data, size);
  const ModelResult result = decode_in_pieces(kOpenAiCodec, body, data[0]);
  if (const auto* reply = std::get_if<ModelReplied>(&result)) check_history(*reply, body);
  check_grammar(body);
  return 0;
}
