// To add a tool: write tools/NAME.cpp with make_NAME, declare that in builtin.h, describe the tool for the
// model in prompts/tools/NAME.md, and give it a row below, in the order of names.

#include "tools/tools.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "tools/builtin.h"
#include "tools/task_tools.h"

namespace agentd {
namespace {

/// Which settings of the task a tool has, separated by blanks.
using Settings = std::string_view;
constexpr Settings kNone = "";

struct Row {
  std::string_view name;
  std::unique_ptr<Tool> (*make)(const ToolSetup& setup);
  Settings settings;
};

constexpr std::array kTools = {
    Row{"ask", make_ask, kNone},
    Row{"edit_file", make_edit_file, kNone},
    Row{"http_get", make_http_get, "timeout allow max_bytes"},
    Row{"list", make_list, kNone},
    Row{kMemoryFiles, make_memory_tool, kNone},
    Row{"memory_forget", make_memory_tool, kNone},
    Row{"memory_get", make_memory_tool, kNone},
    Row{"memory_save", make_memory_tool, kNone},
    Row{"memory_search", make_memory_tool, kNone},
    Row{"memory_update", make_memory_tool, kNone},
    Row{"read_file", make_read_file, kNone},
    Row{"search", make_search, kNone},
    Row{"shell", make_shell, "timeout env network"},
    Row{"wait", make_wait, kNone},
    Row{"write_file", make_write_file, kNone},
};

void check_settings(const Row& row, const ToolSetup& setup) {
  const std::array<std::pair<std::string_view, bool>, 5> given{{{"timeout", setup.timeout_ms.has_value()},
                                                                {"env", !setup.env.empty()},
                                                                {"network", !setup.network},
                                                                {"allow", !setup.allow.empty()},
                                                                {"max_bytes", setup.max_bytes.has_value()}}};
  for (const auto& [setting, is_given] : given)
    if (is_given && row.settings.find(setting) == Settings::npos)
      throw Error(Exit::Usage, "the tool '" + setup.name + "' has no setting '" + std::string(setting) +
                                   "': remove it from the task");
}

}  // namespace

std::vector<std::string_view> tool_names() {
  std::vector<std::string_view> names;
  for (const Row& row : kTools) names.push_back(row.name);
  return names;
}

std::unique_ptr<Tool> make_tool(const ToolSetup& setup) {
  const auto row =
      std::find_if(kTools.begin(), kTools.end(), [&](const Row& one) { return one.name == setup.name; });
  if (setup.kind == "agent") return make_agent(setup);
  if (setup.kind == "exec") return make_exec(setup);
  if (setup.kind == "http") return make_http(setup);
  if (row == kTools.end() || !setup.kind.empty()) return nullptr;
  check_settings(*row, setup);
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
