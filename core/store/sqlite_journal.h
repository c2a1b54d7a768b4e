#pragma once

#include <memory>

#include "core/journal.h"
#include "core/store/ownership.h"

namespace agentd {

OwnedFiles journal_files(const RunPaths& paths);

/// The journal of a run that the caller owns (Ownership). Destruction checkpoints and closes, and must come
/// before the Ownership's. When a write shows that ownership was lost (EIO, ESTALE, a seq that is taken) the
/// process says so on stderr and exits 74 at once. Full disks throw Error(Storage) instead: what was
/// committed stays, what was not is gone.
std::unique_ptr<Journal> open_journal(const RunPaths& paths);

}  // namespace agentd
