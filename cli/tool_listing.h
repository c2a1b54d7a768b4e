#pragma once

#include <string>
#include <vector>

#include "core/message.h"
#include "core/task.h"

namespace agentd {

/// A tool as people are told of it.
struct ListedTool {
  ToolSpec spec;
  std::string source;      ///< built-in, exec, http, agent, or mcp SERVER
  std::string permission;  ///< allow, ask, deny (and so hidden from the model), or depends: on arguments
  bool operator==(const ListedTool&) const = default;
};

std::vector<ListedTool> list_tools(const std::vector<ToolSpec>& specs, const Task& task);

/// A table, one tool a line.
std::string tools_text(const std::vector<ListedTool>& tools);
/// `problems`: why some are missing, a sentence each.
std::string tools_json(const std::vector<ListedTool>& tools, const std::vector<std::string>& problems);

}  // namespace agentd
