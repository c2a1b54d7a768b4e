#pragma once

#include <cstdint>

#include "core/os/spawn.h"

namespace agentd {

/// Orphans of the programs that we start become our children, so that they can be killed and reaped.
void adopt_orphans();

/// Readable once the leader has ended; none where the kernel has no such thing.
Fd open_leader(const Spawned& process);
/// Whether the leader has ended. It is left unreaped.
bool leader_has_ended(const Spawned& process);
/// Kills and reaps all of it, so far as that can be done in `death_ms`; the leader's wait status. The second
/// time nothing is left to do.
int kill_group(Spawned& process, std::int64_t death_ms);

/// Kills and reaps every child that is left, adopted ones too. False: one of them hangs in the kernel.
bool end_children();

/// How a program ended, by what we did to it and by its wait status.
ProcessResult process_result(ProcessResult::End end, int wait_status);

}  // namespace agentd
