#pragma once

#include <map>
#include <optional>
#include <string>

#include "cli/notices.h"
#include "core/sandbox.h"
#include "core/store/memory_dir.h"
#include "core/task.h"

namespace agentd {

/// Where the tools of a run work.
std::string workspace_of(const Task& task, const RunPaths& paths);

/// What programs of the run's tools may touch, by the task's `sandbox`; none: all that we may. Adds to
/// `environment` what they need in there, and says what this machine cannot keep from them. Throws
/// Error(Usage) where the task does not want to go on like that.
std::optional<Sandbox> confine(const Task& task, const RunPaths& paths, Notices& notices,
                               std::map<std::string, std::string>& environment);

}  // namespace agentd
