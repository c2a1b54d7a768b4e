#include "cli/confine.h"

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/os/sandbox.h"
#include "tools/sandbox.h"

namespace agentd {

namespace {

bool starts_programs(const Task& task) {
  return !task.verify.empty() || std::any_of(task.tools.begin(), task.tools.end(), [](const ToolSetup& tool) {
    return tool.kind == "exec" || (tool.kind.empty() && tool.name == "shell");
  });
}

void check_network(const Task& task, const SandboxSupport& support) {
  for (const ToolSetup& tool : task.tools)
    if (!tool.network && !support.filter)
      throw Error(Exit::Usage, "the tool '" + tool.name +
                                   "' is to have no network, and this machine cannot keep it from that (see "
                                   "agentd doctor): remove 'network: false', or run it elsewhere");
}

/// As the user wrote it, beside where agentd was started.
std::vector<std::string> absolute(const std::vector<std::string>& paths, const std::string& home) {
  std::vector<std::string> result;
  for (const std::string& path : paths) {
    const bool is_in_home = path == "~" || path.starts_with("~/");
    result.push_back(is_in_home ? home + path.substr(1)
                                : std::filesystem::absolute(path).lexically_normal().string());
  }
  return result;
}

}  // namespace

std::string workspace_of(const Task& task, const RunPaths& paths) {
  return task.workspace.empty() ? paths.workspace().string() : task.workspace;
}

std::optional<Sandbox> confine(const Task& task, const RunPaths& paths, Notices& notices,
                               std::map<std::string, std::string>& environment) {
  if (!starts_programs(task)) return std::nullopt;
  const SandboxSupport support = sandbox_support();
  check_network(task, support);
  if (task.sandbox.mode == "off") return std::nullopt;
  const std::string home = environment.contains("HOME") ? environment.at("HOME") : "";
  const SandboxPlaces places{workspace_of(task, paths),
                             paths.folder.parent_path().parent_path(),
                             paths.scratch(),
                             environment,
                             absolute(task.sandbox.read, home),
                             absolute(task.sandbox.write, home)};
  SandboxPlan plan = plan_sandbox(places, support);
  plan.sandbox.memory_mb = task.sandbox.memory_mb;
  plan.sandbox.file_mb = task.sandbox.file_mb;
  const std::string gaps = gaps_sentence(plan.gaps);
  if (task.sandbox.mode == "required" && !plan.is_firm)
    throw Error(Exit::Usage, "the task wants a sandbox ('sandbox: required'): " + gaps);
  if (!gaps.empty()) notices.say(gaps);
  for (const auto& [name, value] : plan.environment) environment[name] = value;
  return std::move(plan.sandbox);
}

}  // namespace agentd
