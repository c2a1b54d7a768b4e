#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/task.h"

namespace agentd {

/// Something wrong with a task document.
struct Problem {
  std::string
      pointer;  ///< where: a JSON pointer, such as /model/timeout; of the member itself where it is unknown
  std::string message;  ///< what, with the nearest known key or the expected form
  bool operator==(const Problem&) const = default;
};

/// Reads a whole task from JSON with the keys of task.yaml, by the one table that task_json_schema is made
/// from. Adds to `problems`, in document order; the task is good only if none were added. `instructions` must
/// be the text itself.
Task task_from_json(std::string_view json, std::vector<Problem>& problems);
/// The shortest document that reads back as the same task. This is the form in the journal.
std::string task_to_json(const Task& task);
/// The task of an agent tool. Throws Error(Storage) if that is none.
Task child_task(const ToolSetup& tool);
/// Fields, types, defaults and descriptions as JSON Schema (draft 2020-12).
std::string task_json_schema();

}  // namespace agentd
