#include "tools/mcp/rpc.h"

#include <algorithm>

#include "core/json_text.h"
#include "core/text.h"
#include "tools/mcp/json_slice.h"

namespace agentd {
namespace {

constexpr std::string_view kHead = R"({"jsonrpc":"2.0",)";

RpcMessage read_message(std::string_view object) {
  RpcMessage message;
  for_each_member(object, [&](std::string_view key, std::string_view value) {
    if (key == "id" && value != "null") message.id = value;
    if (key == "method") message.method = json_text(value);
    if (key == "params") message.params = value;
    if (key == "result") message.result = value;
    if (key == "error" && value.starts_with('{')) message.error = value;
  });
  return message;
}

void add_message(std::string_view object, std::vector<RpcMessage>& messages) {
  RpcMessage message = read_message(object);
  if (!message.method.empty() || message.is_answer()) messages.push_back(std::move(message));
}

std::string with_params(std::string text, std::string_view method, std::string_view params) {
  text += R"("method":)";
  append_json_string(text, method);
  if (!params.empty()) text.append(R"(,"params":)").append(params);
  return text + '}';
}

}  // namespace

std::vector<RpcMessage> parse_messages(std::string_view text) {
  std::vector<RpcMessage> messages;
  text = trimmed(text);
  if (!text.starts_with('{') && !text.starts_with('[')) return messages;
  const std::string clean = to_valid_utf8(text);
  if (!is_json(clean)) return messages;
  if (clean.starts_with('{')) {
    add_message(clean, messages);
  } else {
    for_each_item(clean, [&](std::string_view item) { add_message(item, messages); });
  }
  return messages;
}

std::string request_text(std::int64_t id, std::string_view method, std::string_view params) {
  return with_params(std::string(kHead) + R"("id":)" + std::to_string(id) + ',', method, params);
}

std::string notification_text(std::string_view method, std::string_view params) {
  return with_params(std::string(kHead), method, params);
}

std::string result_text(std::string_view id, std::string_view result) {
  std::string text(kHead);
  return text.append(R"("id":)").append(id).append(R"(,"result":)").append(result) + '}';
}

std::string error_text(std::string_view id, std::int64_t code, std::string_view message) {
  std::string text(kHead);
  text.append(R"("id":)").append(id).append(R"(,"error":{"code":)" + std::to_string(code));
  append_json_string(text.append(R"(,"message":)"), message);
  return text + "}}";
}

std::string on_one_line(std::string_view json) {
  std::string line(json);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

}  // namespace agentd
