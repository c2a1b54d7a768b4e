#pragma once

#include <functional>
#include <string>

#include "cli/report.h"
#include "core/state.h"
#include "core/store/memory_dir.h"

namespace agentd {

/// Throws Error(Usage) with the nearest run's id if there is no such run.
RunPaths existing_run(const MemoryDir& memory, const std::string& id);

/// A run as its journal shows it now.
struct RunView {
  State state;
  std::int64_t updated_at_ms = 0;
  bool is_held = false;        ///< an invocation works on it
  bool children_wait = false;  ///< see Now; not looked at by view_run
};
/// Reads it without disturbing anybody; `each` sees every record on the way.
/// As standing_of its state; a run that nobody works on though its journal does not say so was interrupted.
Standing standing_of(const RunView& view);
RunView view_run(const RunPaths& paths, const std::function<void(const Record&)>& each = {});

}  // namespace agentd
