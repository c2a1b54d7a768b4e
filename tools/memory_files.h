#pragma once

#include <string>
#include <string_view>

#include "tools/tools.h"

namespace agentd {

/// The parameters of the tool `memory`, with the names of Anthropic's memory tool
/// (docs.claude.com/en/docs/agents-and-tools/tool-use/memory-tool).
extern const std::string_view kMemoryFilesParameters;

/// Does what a call of it says. What is wrong with it is thrown for the model to read, as std::runtime_error.
std::string answer_memory_files(const ToolRun& run, const ToolContext& context);

}  // namespace agentd
