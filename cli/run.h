#pragma once

#include <string>

#include "core/store/memory_dir.h"

namespace agentd {

/// Makes what people left for a run durable, if nobody works on it now: whoever does takes it in by itself.
void take_in_letters(const MemoryDir& memory, const std::string& id);

}  // namespace agentd
