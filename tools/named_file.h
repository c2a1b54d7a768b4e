#pragma once

#include <string>

#include "tools/tools.h"
#include "tools/workspace.h"

namespace agentd {

/// The file in the folder of outputs that holds the whole output of a call.
std::string output_file_name(const CallId& call);

/// Opens what a model may read: "output:3.1", the stored output of call 3.1, or a file of the workspace.
Opened open_named_file(const ToolContext& context, const std::string& path);

}  // namespace agentd
