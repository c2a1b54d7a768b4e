#pragma once

#include <optional>
#include <string>

#include "core/event.h"
#include "core/notes.h"

namespace agentd {

/// What a run is told at its start of what its namespace remembers: the notes of the highest importance, then
/// those that have most to do with the goal, `setup.recall` in all. None where there are none. `setup.name` is
/// rendered.
std::optional<Recalled> recall(Notes& notes, const MemorySetup& setup, const std::string& goal);

}  // namespace agentd
