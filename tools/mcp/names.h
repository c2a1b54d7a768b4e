#pragma once

#include <string>
#include <string_view>

namespace agentd {

/// The name that a model sees: server__tool in letters, digits, _ and -, at most 64 of them, as every model
/// API takes it. A name that had to be changed ends in a hash of what it was, so no two become one.
std::string model_tool_name(std::string_view server, std::string_view tool);
/// Another name for a tool whose own is taken. The same for the same tool.
std::string other_tool_name(std::string_view server, std::string_view tool);

}  // namespace agentd
