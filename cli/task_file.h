#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/config.h"
#include "core/task.h"

namespace agentd {

/// Reads, merges with the user's defaults and validates a task file. Reads the instructions' file. Makes
/// `workspace` absolute (it stands beside the task file). `model`: PROVIDER/NAME to use instead of the
/// file's. Throws Error(Usage) with a FILE:LINE:COL line for each problem.
Task read_task_file(const std::filesystem::path& path, const Config& config,
                    const std::optional<std::string>& model = std::nullopt);

/// The same for a task that stands in no file, YAML or JSON: paths in it begin where this process works, and
/// `name` stands for FILE.
Task read_task_text(const std::string& text, const std::string& name, const Config& config);

/// The task of a run with another model, PROVIDER/NAME: what belongs to the old provider alone (its address,
/// key, script, extra) is dropped where the provider changes.
Task with_model(const Task& task, const std::string& model);

}  // namespace agentd
