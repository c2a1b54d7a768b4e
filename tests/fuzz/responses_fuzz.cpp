#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "core/json_text.h"
#include "core/model/responses.h"
#include "core/model/strict_schema.h"

// Whatever a server sends, in whatever pieces: the same result, and a reply gives a history that is a valid
// request, in which every call has its one result and no reasoning stands without its content.

namespace {

using namespace agentd;

void require(bool promise) {
  if (!promise) std::abort();
}

ModelResult decode(std::string_view body, std::size_t size, int status) {
  const auto decoder = kResponsesCodec.decoder();
  decoder->head(status, {});
  for (std::size_t at = 0; at < body.size(); at += size) decoder->body(body.substr(at, size));
  return decoder->finish({});
}

std::string encode(const std::vector<Message>& messages) {
  const ModelSetup setup{.provider = "openai-responses", .name = "m"};
  return kResponsesCodec.encode({setup, "run", "", {}, messages}, {"http://h", ""}).body;
}

void check_item(const nlohmann::json& item, std::multiset<std::string>& open) {
  const std::string type = item.value("type", nlohmann::json()).is_string() ? item["type"] : "";
  if (type == "function_call") {
    require(is_json_object(item["arguments"].get_ref<const std::string&>()));
    open.insert(item["call_id"].get<std::string>());
    require(open.count(item["call_id"]) == 1);
  } else if (type == "function_call_output" && item.size() == 3) {
    const auto call = open.find(item["call_id"].get<std::string>());
    require(call != open.end());
    open.erase(call);
  } else if (type == "reasoning") {
    require(!item.value("encrypted_content", nlohmann::json()).empty() ||
            !item.value("content", nlohmann::json()).empty());
  }
}

void check_history(const ModelReplied& reply, std::string_view text) {
  std::vector<Message> messages;
  for (int turn = 0; turn < 2; ++turn) {
    messages.push_back({.role = Role::Assistant,
                        .text = reply.text,
                        .calls = reply.calls,
                        .provider = reply.provider,
                        .provider_content = reply.provider_content});
    for (const ToolCall& call : reply.calls)
      messages.push_back({.role = Role::Tool, .text = std::string(text), .call = call});
  }
  const std::string body = encode(messages);
  require(is_json_object(body));
  std::multiset<std::string> open;
  const auto json = nlohmann::json::parse(body);
  for (const auto& item : json["input"]) check_item(item, open);
  require(open.empty());
  messages.push_back({.role = Role::User, .text = "More."});
  require(encode(messages).starts_with(body.substr(0, body.size() - 2)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const int status = data[0] < 200 ? 200 : 300 + data[0];
  const ModelResult result = decode(body, size, status);
  require(result == decode(body, 1 + data[0] % 16, status));
  if (const auto* reply = std::get_if<ModelReplied>(&result)) check_history(*reply, body);
  if (is_strict_schema(body)) require(is_object_schema(body));
  return 0;
}
