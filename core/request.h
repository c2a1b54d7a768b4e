#pragma once

#include "core/model.h"
#include "core/state.h"

namespace agentd {

/// What the model is shown next: a view into `state`, valid until the next apply. `fallback`: which model.
ModelRequest make_request(const State& state, std::int64_t fallback = 0);

/// How large it is, in tokens: as the provider counted with its last reply, and a guess at what came since.
struct RequestSize {
  std::int64_t known = 0;
  std::int64_t added = 0;
};
RequestSize request_size(const State& state);

/// Tokens of the transcript from that message on, by their length; of 0 with all that is sent before it.
std::int64_t estimated_tokens(const State& state, std::size_t begin);

}  // namespace agentd
