#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/model/gemini.h"
#include "tests/fuzz/replies.h"

// Whatever a server sends, in whatever pieces: the same result, and a reply gives a history that is a valid
// request, with a response for every call and nothing signed lost.

namespace {

using namespace agentd;
using nlohmann::ordered_json;

/// As many responses as calls, of the same names and ids, and the reply's own content as it was.
void check_contents(const ordered_json& contents, const ModelReplied& reply) {
  require(contents.size() == (reply.calls.empty() ? 2u : 3u));
  const ordered_json& parts = contents[1]["parts"];
  require(!parts.empty());
  std::vector<ordered_json> calls;
  for (const ordered_json& part : parts)
    if (part.contains("functionCall") && part["functionCall"].is_object())
      calls.push_back(part["functionCall"]);
  require(calls.size() == reply.calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const ordered_json& response = contents[2]["parts"][i]["functionResponse"];
    require(response["name"] == calls[i]["name"]);
    if (!reply.calls[i].provider_id.empty()) require(response["id"] == calls[i]["id"]);
  }
}

void check_history(const ModelReplied& reply, std::string_view text, std::string_view name) {
  const ModelSetup setup{.provider = "gemini", .name = std::string(name)};
  std::vector<Message> messages = {{.role = Role::User, .text = "Go."}};
  add_turn(messages, reply, text);
  const std::string body = kGeminiCodec.encode({setup, "run", "", {}, messages}, {"http://h", ""}).body;
  require(is_json_object(body));
  require(ordered_json::accept(body));
  const bool is_signed = reply.provider_content.find("\"thoughtSignature\"") != std::string::npos;
  if (is_signed) require(body.find(reply.provider_content) != std::string::npos);
  check_contents(ordered_json::parse(body)["contents"], reply);
}

/// The same arguments, said by another model, whose text nobody has checked.
void check_foreign(std::string_view text) {
  const ModelSetup setup{.provider = "gemini", .name = "gemini-3-pro"};
  const ToolCall call{"id", std::string(text.substr(0, 80)), std::string(text)};
  const std::vector<Message> messages = {{.role = Role::Assistant, .calls = {call}, .provider = "openai"},
                                         {.role = Role::Tool, .text = std::string(text), .call = call}};
  const std::string body = kGeminiCodec.encode({setup, "run", text, {}, messages}, {"http://h", ""}).body;
  require(ordered_json::accept(body));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body = body_of(data, size);
  const ModelResult result = decode_in_pieces(kGeminiCodec, body, data[0]);
  if (const auto* reply = std::get_if<ModelReplied>(&result)) {
    check_history(*reply, body, "gemini-3-flash");
    check_history(*reply, body, "gemini-2.5-flash");
  }
  check_foreign(body);
  return 0;
}
