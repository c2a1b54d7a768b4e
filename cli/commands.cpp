#include "cli/commands.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace agentd {

Command find_command(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, Command>, 20> kCommands{{
      {"approve", approve_command},
      {"cancel", cancel_command},
      {"completion", completion_command},
      {"deny", deny_command},
      {"doctor", doctor_command},
      {"encrypt", encrypt_command},
      {"forget", forget_command},
      {"gc", gc_command},
      {"lambda", lambda_command},
      {"list", list_command},
      {"log", log_command},
      {"memory", memory_command},
      {"resume", resume_command},
      {"run", run_command},
      {"schema", schema_command},
      {"send", send_command},
      {"show", show_command},
      {"tick", tick_command},
      {"tools", tools_command},
      {"validate", validate_command},
  }};
  const auto found =
      std::find_if(kCommands.begin(), kCommands.end(), [&](const auto& each) { return each.first == name; });
  return found == kCommands.end() ? nullptr : found->second;
}

}  // namespace agentd
