#pragma once

#include <cstdint>

#include "core/finding.h"

namespace agentd {

/// What this machine gives to runs and their tools.
Findings probe_machine(std::int64_t wall_ms);

}  // namespace agentd
