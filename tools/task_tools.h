#pragma once

#include <memory>

#include "tools/tools.h"

namespace agentd {

/// Tools of a task's own. The setup has no template_problems; `${VAR}` in it has been expanded.
std::unique_ptr<Tool> make_agent(const ToolSetup& setup);
std::unique_ptr<Tool> make_exec(const ToolSetup& setup);
std::unique_ptr<Tool> make_http(const ToolSetup& setup);

/// As the model sees it: what the task says, and what is usual where it says nothing.
ToolSpec task_tool_spec(const ToolSetup& setup, Effect usual);

}  // namespace agentd
