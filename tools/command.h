#pragma once

#include "tools/tools.h"

namespace agentd {

/// Where a tool's programs run, and what they see. The caller fills in the program and its time. `key`: of
/// the call; empty: they outlive one.
ProcessRequest command_request(const ToolSetup& setup, const std::string& key, const ToolContext& context);

/// Runs a program. Its output is the answer; a bad end is said after it.
ToolAnswer run_command(const ProcessRequest& request, const ToolContext& context, const OutputSink& output);

}  // namespace agentd
