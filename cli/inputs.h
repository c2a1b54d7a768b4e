#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/task.h"

namespace agentd {

/// The values that a run of the task works with, by name: those of -i, then those of the JSON file, then the
/// defaults; an optional input without any is empty. Throws Error(Usage) that says what to give; where one is
/// missing, with its place in the task file, if there is one.
Inputs resolve_inputs(const Task& task, const std::vector<std::pair<std::string, std::string>>& given,
                      const std::optional<std::string>& file, const std::string& task_file);

/// The task's name and a short hash of the rendered goal and the inputs: the same command finds the same run.
std::string run_id_for(const Task& task, const std::string& goal, const Inputs& inputs);

}  // namespace agentd
