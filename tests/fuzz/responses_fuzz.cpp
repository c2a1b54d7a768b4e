#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/json_text.h"
#include "core/model/responses.h"
#include "core/model/strict_schema.h"
#include "tests/fuzz/replies.h"

// Whatever a server sends, in whatever pieces: the same result, and a reply gives a history that is a valid
// request, in which every call has its one result and no reasoning stands without its content.

namespace {

using namespace agentd;

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
    add_turn(messages, reply, text);
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
  const std::string_view body = body_of(data, size);
  const ModelResult result = decode_in_pieces(kResponsesCodec, body, data[0]);
  if (const auto* reply = std::get_if<ModelReplied>(&result)) check_history(*reply, body);
  if (is_strict_schema(body)) require(is_object_schema(body));
  return 0;
}
