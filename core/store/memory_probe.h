#pragma once

#include <filesystem>

#include "core/clock.h"
#include "core/finding.h"
#include "core/store/memory_dir.h"

namespace agentd {

/// What a memory directory is good for, there or not: all that runs do in one is tried in a folder of its
/// own, which is gone afterwards. `find`: see MemoryDir. Forks: only where there are no threads.
Findings probe_memory(const std::filesystem::path& path, const FindKey& find, Clock& clock, const Stop& stop);

}  // namespace agentd
