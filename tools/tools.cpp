// To add a tool: write tools/NAME.cpp with make_NAME, declare that in builtin.h, describe the tool for the
// model in prompts/tools/NAME.md, and give it a row below, in the order of names.

#include "tools/tools.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "tools/builtin.h"

namespace agentd {
namespace {

enum class Settings { None, TimeoutAndEnv };

struct Row {
  std::string_view name;
  std::unique_ptr<Tool> (*make)(const ToolSetup& setup);
  Settings settings;
};

constexpr std::array kTools = {
    Row{"edit_file", make_edit_file, Settings::None},  Row{"list", make_list, Settings::None},
    Row{"read_file", make_read_file, Settings::None},  Row{"search", make_search, Settings::None},
    Row{"shell", make_shell, Settings::TimeoutAndEnv}, Row{"write_file", make_write_file, Settings::None},
};

}  // namespace

std::vector<std::string_view> tool_names() {
  std::vector<std::string_view> names;
  for (const Row& row : kTools) names.push_back(row.name);
  return names;
}

std::unique_ptr<Tool> make_tool(const ToolSetup& setup) {
  const auto row =
      std::find_if(kTools.begin(), kTools.end(), [&](const Row& one) { return one.name == setup.name; });
  if (row == kTools.end()) return nullptr;
  if (row->settings == Settings::None && (setup.timeout_ms || !setup.env.empty())) {
    const std::string setting = setup.timeout_ms ? "timeout" : "env";
    throw Error(Exit::Usage,
                "the tool '" + setup.name + "' has no setting '" + setting + "': remove it from the task");
  }
  return row->make(setup);
}

std::vector<ToolSpec> tool_specs(const std::vector<ToolSetup>& setups) {
  std::vector<ToolSpec> specs;
  for (const ToolSetup& setup : setups) {
    const std::unique_ptr<Tool> tool = make_tool(setup);
    if (!tool) throw Error(Exit::Usage, "there is no tool '" + setup.name + "'; see `agentd tools`");
    specs.push_back(tool->spec());
  }
  return specs;
}

}  // namespace agentd
