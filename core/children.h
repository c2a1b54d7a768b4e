#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/decide.h"

namespace agentd {

/// A call of an agent tool is made by a run of its own, its child.

/// PARENT.STEP.INDEX; where that is too long for an id, its beginning and a hash of it.
std::string child_id(const std::string& parent, const CallId& call);

/// Whether the task has an agent of that name.
bool has_agent(const Task& task, std::string_view tool);

/// The children whose calls have begun and have no result yet. One may not have begun itself.
std::vector<std::string> open_children(const State& state);
/// Those of them whose agents that task has no more: nobody will go on with them.
std::vector<std::string> disowned_children(const State& state, const Task& task);

/// What each of these may spend in all: an equal share of what the run has left.
Grant grant_for_child(const State& state, const Now& now);

}  // namespace agentd
