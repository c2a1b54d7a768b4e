#pragma once

#include "core/state.h"
#include "core/tool.h"

namespace agentd {

/// Makes the calls of agent tools, each a run with a folder and journal of its own.
class ChildRuns {
 public:
  virtual ~ChildRuns() = default;
  /// Begins the run of this call, or goes on with it, until it ends or must pause; a run that has ended is
  /// left alone. How it stands then. Called from several threads, for another call each.
  virtual State run(const ToolRun& call, const Task& task, const Inputs& inputs, const Stop& stop) = 0;
};

}  // namespace agentd
