#include "tools/mcp/input_required.h"

#include "core/text.h"
#include "tools/mcp/json_slice.h"
#include "tools/mcp/params.h"
#include "tools/mcp/sentences.h"
#include "tools/mcp/server_requests.h"

namespace agentd {

InputRequired input_required(std::string_view result, const McpSetup& setup) {
  const std::string_view type = json_member(result, "resultType");
  if (type.empty() || type == R"("complete")") return {true};
  if (type != R"("input_required")") {
    const std::string shown = cut_middle(type, 200, "…");
    return {false, "", fill(mcp_sentence("result_type"), {{"type", shown}})};
  }
  InputRequired input;
  std::string responses;
  for_each_member(json_member(result, "inputRequests"), [&](std::string_view key, std::string_view request) {
    const std::string method = json_text(json_member(request, "method"));
    ServerAnswer answer = answer_server(setup, method, json_member(request, "params"));
    if (answer.result.empty()) input.problem = fill(mcp_sentence("not_offered"), {{"method", method}});
    responses.append(responses.empty() ? "\"" : ",\"").append(key).append("\":").append(answer.result);
    if (!answer.note.empty()) input.notes.push_back(std::move(answer.note));
  });
  if (!responses.empty()) add_member(input.more, "inputResponses", '{' + responses + '}');
  const std::string_view state = json_member(result, "requestState");
  if (!state.empty() && state != "null") add_member(input.more, "requestState", state);
  return input;
}

}  // namespace agentd
