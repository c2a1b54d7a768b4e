#pragma once

#include <memory>

#include "core/journal.h"
#include "core/store/memory_dir.h"

namespace agentd {

/// Makes a new, empty journal.db in one atomic step. The run's `lock` must be held.
void create_journal(const RunPaths& paths);

/// The journal of a run that the caller owns (Ownership), exclusive WAL, synchronous=FULL. Destruction
/// checkpoints and closes, and must come before the Ownership's. When a write shows that ownership was lost
/// (EIO, ESTALE, a seq that is taken) the process says so on stderr and exits 74 at once: closing or rolling
/// back would harm the new owner. Full disks throw Error(Storage) instead: what was committed stays, what was
/// not is gone.
std::unique_ptr<Journal> open_journal(const RunPaths& paths);

}  // namespace agentd
