#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "cli/args.h"
#include "cli/config.h"
#include "core/decide.h"
#include "core/event.h"
#include "core/secrets.h"
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
  std::string parent = {};  ///< see RunStarted
  std::string parent_key = {};
};

/// The task that is to be run, under this command line's flags. Throws Error(Usage) for all that is wrong
/// with it.
Task wanted_task(const Args& args, const Config& config);
/// `agentd run`. Throws Error(Usage) for all that is wrong with the inputs.
Wish wish_for(const Task& task, const Args& args, const MemoryDir& memory);
/// `agentd resume`: the journal's own snapshot, under this command line's flags.
Wish wish_from_journal(const Args& args, const State& state);
/// A call of an agent tool of the run `parent`. A run that has begun keeps its goal, instructions and inputs,
/// and takes the rest over. Throws if `state` belongs to another call, which
/// is this call's failure alone.
Wish wish_for_call(const ToolRun& call, const std::string& parent, Wish wanted, const State& state);

/// The namespace that the run shares; empty: none. Throws Error(Usage) where the inputs make no name of it.
std::string memory_of(const Task& task, const Inputs& inputs);

/// Masks what the journal keeps of it. What differs from the journal's only in that stays the journal's.
void mask(Wish& wish, const State& state, const Secrets& secrets);

/// What else decides how an invocation begins.
struct Opening {
  InvocationStarted invocation;
  Now now;
  bool has_letters = false;
  /// The tools there are; asked for only where that matters.
  std::function<std::vector<ToolSpec>(const Task&)> tools;
  /// What the run's memory has to say at its start; none: nothing.
  std::function<std::optional<Recalled>()> recall = [] { return std::nullopt; };
};

/// The events that begin an invocation; none if there is nothing to do, or nothing yet. Throws Error(Usage)
/// if the goal is another than the journal's and was not to be adopted.
std::vector<Event> opening_events(const Wish& wish, const State& state, const Opening& opening);

/// What changes where the tools of a run are others than its journal says; none if they are not.
std::optional<TaskUpdated> update_of_tools(const State& state, std::vector<ToolSpec> tools);

}  // namespace agentd
