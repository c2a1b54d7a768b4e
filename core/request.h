#pragma once

#include "core/model.h"
#include "core/state.h"

namespace agentd {

/// What the model is shown next: a view into `state`, valid until the next apply.
ModelRequest make_request(const State& state);

}  // namespace agentd
