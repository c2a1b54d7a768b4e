#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/store/memory_dir.h"

namespace agentd {

/// In the memory directory: a line of JSON for each run that was erased.
inline constexpr const char* kTombstones = "forgotten.jsonl";

enum class Erased { Gone, Held };

/// Removes the folder of a run with all that is in it, and leaves a line in kTombstones. Held: somebody
/// works on the run. Killed on the way, it leaves the whole run, or what finish_erasing removes. Throws
/// Error(Storage).
Erased erase_run(const MemoryDir& memory, const std::string& id, std::int64_t now_ms);

/// Removes what killed erasings have left; returns whose it was. Throws when it has been through all.
std::vector<std::string> finish_erasing(const MemoryDir& memory, std::int64_t now_ms);

/// All files beneath, in bytes.
std::uintmax_t size_of_run(const RunPaths& paths);

}  // namespace agentd
