#include "tools/task_tools.h"

namespace agentd {

ToolSpec task_tool_spec(const ToolSetup& setup, Effect usual) {
  constexpr std::string_view kNone = R"({"type":"object","properties":{},"additionalProperties":false})";
  Effect effect = usual;
  if (setup.effect == "read") effect = Effect::Read;
  if (setup.effect == "idempotent") effect = Effect::Idempotent;
  if (setup.effect == "once") effect = Effect::Once;
  return {setup.name, setup.description, setup.parameters.empty() ? std::string(kNone) : setup.parameters,
          effect};
}

}  // namespace agentd
