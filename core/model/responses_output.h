#pragma once

#include <string>
#include <vector>

#include "core/message.h"
#include "core/model/reply_json.h"

namespace agentd {

/// What the items of a Responses output say.
struct ResponsesOutput {
  std::string text;
  std::vector<ToolCall> calls;
  std::string refusal;
  /// The kind of a call that is not ours to answer, so that no request after it would be taken; else empty.
  std::string foreign_call;
  /// The items as JSON text, where they say more than text and calls do and may go back as they are.
  std::string echo;
};
ResponsesOutput read_responses_output(const ReplyJson& items);

}  // namespace agentd
