#pragma once

#include <string>
#include <vector>

#include "core/model/aws_profile.h"
#include "core/task.h"
#include "core/variables.h"

namespace agentd {

/// The task's tools with the values of ${VAR}: for use, never for the journal. Throws Error(Usage) that names
/// a variable which is not set.
std::vector<ToolSetup> expanded_tools(const Task& task, const Environment& environment);

/// What must never be recorded of the values that the task and the agents below it are given.
std::vector<std::string> secrets_of(const Task& task, const Environment& environment,
                                    const ReadFile& read_file);
/// The same with what this process has; without a task, what it knows by name.
std::vector<std::string> known_secrets(const Task& task = {});

}  // namespace agentd
