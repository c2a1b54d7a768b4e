#pragma once

#include "core/clock.h"
#include "core/store/memory_dir.h"

namespace agentd {

/// Copies all that a memory directory holds, but for cached replies, to a new one that is encrypted. Nobody
/// may work there meanwhile: throws Error(Suspended) where somebody does.
void copy_memory(const MemoryDir& from, const MemoryDir& to, Clock& clock, const Stop& stop);

}  // namespace agentd
