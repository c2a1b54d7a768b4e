#pragma once

#include <string>
#include <string_view>

#include "tools/mcp/setup.h"

namespace agentd {

struct ServerAnswer {
  std::string result;  ///< JSON text; empty: we do not do what is asked
  std::string note;    ///< what the model should read about it
};

/// What a server is told when it asks for something: pings, roots and, by the task's policy, questions to a
/// person. The same in both eras.
ServerAnswer answer_server(const McpSetup& setup, std::string_view method, std::string_view params);

/// The JSON text of what answer_server can do.
std::string client_capabilities(const McpSetup& setup);

}  // namespace agentd
