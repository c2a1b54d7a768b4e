#pragma once

#include <filesystem>

#include "core/clock.h"
#include "core/finding.h"

namespace agentd {

/// What a memory directory is good for, there or not: all that runs do in one is tried in a folder of its
/// own, which is gone afterwards. Forks: only where there are no threads.
Findings probe_memory(const std::filesystem::path& path, Clock& clock, const Stop& stop);

}  // namespace agentd
