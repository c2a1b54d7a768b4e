#pragma once

#include "core/state.h"

namespace agentd {

/// How long to leave a model alone after so many attempts in a row.
std::int64_t retry_delay_ms(const State& state, std::int64_t attempts, const ModelFailed& failure);

}  // namespace agentd
