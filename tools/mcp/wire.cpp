#include "tools/mcp/wire.h"

#include <charconv>

#include "tools/mcp/json_slice.h"

namespace agentd {

RpcReply reply_of(const RpcMessage& answer) {
  if (answer.error.empty()) return {RpcReply::End::Result, answer.result};
  RpcReply reply{RpcReply::End::Error};
  const std::string_view code = json_member(answer.error, "code");
  std::from_chars(code.data(), code.data() + code.size(), reply.code);
  reply.why = json_text(json_member(answer.error, "message"));
  reply.data = json_member(answer.error, "data");
  return reply;
}

}  // namespace agentd
