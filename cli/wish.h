#pragma once

#include <vector>

#include "cli/args.h"
#include "cli/config.h"
#include "core/decide.h"
#include "core/event.h"
#include "core/state.h"
#include "core/store/memory_dir.h"

namespace agentd {

/// What this invocation is asked to carry on with: the task as the command line wants it now.
struct Wish {
  std::string id;
  Task task;
  Inputs inputs;
  std::string goal;  ///< rendered
  bool adopt = false;
};

/// `agentd run`. Throws Error(Usage) for all that is wrong with the file, the inputs or the flags.
Wish wish_from_file(const Args& args, const Config& config, const MemoryDir& memory);
/// `agentd resume`: the journal's own snapshot, under this command line's flags.
Wish wish_from_journal(const Args& args, const State& state);

/// The events that begin an invocation; none if the run has nothing left to do. Throws Error(Usage) if the
/// goal is another than the journal's and was not to be adopted.
std::vector<Event> opening_events(const Wish& wish, const State& state, const InvocationStarted& invocation,
                                  const Now& now);

}  // namespace agentd
