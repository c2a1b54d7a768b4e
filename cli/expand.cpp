#include "cli/expand.h"

#include <functional>

#include "cli/environment.h"
#include "core/model/models.h"
#include "core/task_json.h"
#include "core/text.h"

namespace agentd {

namespace {

/// Calls `visit` with each text of the tool that may have variables in it, and its key.
void visit_texts(ToolSetup& tool, const std::function<void(std::string&, const std::string&)>& visit) {
  for (auto& [name, value] : tool.env) visit(value, "env." + name);
  for (auto& [name, value] : tool.headers) visit(value, "headers." + name);
  if (std::string& secret = tool.client_credentials.client_secret_env; !secret.empty())
    visit(secret = "${" + secret + "}", "client_credentials.client_secret_env");
}

}  // namespace

std::vector<ToolSetup> expanded_tools(const Task& task, const Environment& environment) {
  std::vector<ToolSetup> tools = task.tools;
  for (ToolSetup& tool : tools)
    visit_texts(tool, [&](std::string& text, const std::string& key) {
      text = expand_variables(text, environment, "tools." + tool.name + "." + key);
    });
  return tools;
}

std::vector<std::string> secrets_of(const Task& task, const Environment& environment,
                                    const ReadFile& read_file) {
  std::vector<std::string> secrets = model_secrets(task.model, environment, read_file);
  const EncryptionSetup& key = task.encryption;
  if (!key.key_env.empty()) secrets.push_back(trimmed_variable(environment, key.key_env));
  if (!key.key_file.empty()) secrets.emplace_back(trimmed(read_file(key.key_file).value_or("")));
  for (ToolSetup tool : task.tools) {
    visit_texts(tool, [&](const std::string& text, const std::string&) {
      for (const std::string& variable : variables_in(text))
        secrets.push_back(trimmed_variable(environment, variable));
    });
    if (tool.kind != "agent") continue;
    const auto below = secrets_of(child_task(tool), environment, read_file);
    secrets.insert(secrets.end(), below.begin(), below.end());
  }
  return secrets;
}

std::vector<std::string> known_secrets(const Task& task) {
  return secrets_of(task, variable_of_process, text_of_file);
}

}  // namespace agentd
