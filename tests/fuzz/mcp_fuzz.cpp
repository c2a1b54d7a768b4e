#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "core/json_text.h"
#include "tools/mcp/json_slice.h"
#include "tools/mcp/param_headers.h"
#include "tools/mcp/result_text.h"
#include "tools/mcp/rpc.h"
#include "tools/mcp/server_requests.h"
#include "tools/mcp/tool_list.h"

// Whatever a server sends, its parts are the ones that a parser of JSON finds, and nothing of it harms.

namespace {

using namespace agentd;

/// Every value that is found is JSON, and there are as many as there should be.
void check_parts(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  std::size_t count = 0;
  const auto check = [&](std::string_view value) {
    if (!is_json(value)) std::abort();
    ++count;
  };
  if (json.is_array()) {
    for_each_item(text, check);
    if (count != json.size()) std::abort();
  } else if (json.is_object()) {
    for_each_member(text, [&](std::string_view, std::string_view value) { check(value); });
    if (count < json.size()) std::abort();  // a key may stand there twice
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (is_json(text)) check_parts(text);
  for_each_item(text, [](std::string_view) {});
  for_each_member(text, [](std::string_view, std::string_view) {});
  McpSetup setup;
  setup.elicitation = Elicitation::AcceptDefaults;
  for (const RpcMessage& message : parse_messages(text)) {
    McpToolList list(setup, true);
    list.add_page(message.result);
    for (const ToolSpec& spec : list.take_specs()) param_headers(spec.parameters, message.params);
    write_result(message.result, [](std::string_view) {});
    answer_server(setup, message.method, message.params);
  }
  return 0;
}
