#pragma once

#include <memory>

#include "tools/tools.h"

namespace agentd {

std::unique_ptr<Tool> make_ask(const ToolSetup& setup);
std::unique_ptr<Tool> make_edit_file(const ToolSetup& setup);
std::unique_ptr<Tool> make_http_get(const ToolSetup& setup);
std::unique_ptr<Tool> make_list(const ToolSetup& setup);
/// One of kMemoryTools, or kMemoryFiles.
std::unique_ptr<Tool> make_memory_tool(const ToolSetup& setup);
std::unique_ptr<Tool> make_read_file(const ToolSetup& setup);
std::unique_ptr<Tool> make_search(const ToolSetup& setup);
std::unique_ptr<Tool> make_shell(const ToolSetup& setup);
std::unique_ptr<Tool> make_wait(const ToolSetup& setup);
std::unique_ptr<Tool> make_write_file(const ToolSetup& setup);

}  // namespace agentd
