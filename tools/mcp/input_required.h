#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/mcp/setup.h"

namespace agentd {

/// What a modern server's result says about the state of the request.
struct InputRequired {
  bool is_complete = false;  ///< it is the result
  std::string more = {};     ///< else: the members of params with which to ask again
  std::string problem = {};  ///< or why that cannot be done: a clause
  std::vector<std::string> notes = {};
};

InputRequired input_required(std::string_view result, const McpSetup& setup);

}  // namespace agentd
