#include "core/request.h"

namespace agentd {

ModelRequest make_request(const State& state) {
  return {.setup = state.task.model,
          .run = state.run,
          .system = state.system,
          .tools = state.tools,
          .messages = state.transcript};
}

}  // namespace agentd
