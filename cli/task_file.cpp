#include "cli/task_file.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/yaml.h"
#include "core/error.h"
#include "core/fields.h"
#include "core/task_json.h"
#include "core/text.h"
#include "core/tool_templates.h"
#include "tools/tools.h"

namespace agentd {

namespace {

namespace fs = std::filesystem;

/// `above` laid over `below`; what belongs to another provider than the one chosen is left out of `below`.
Json merge_models(Json below, const Json& above) {
  constexpr std::array kProvidersOwn{"name", "base_url", "api_key_env", "api_version", "extra", "script"};
  if (!below.is_object() || !above.is_object()) return above;
  const auto provider = above.find("provider");
  if (provider != above.end() && below.value("provider", Json()) != *provider)
    for (const char* key : kProvidersOwn) below.erase(key);
  for (const auto& [key, value] : above.items()) below[key] = value;
  return below;
}

Json model_of(const std::string& flag) {
  const std::size_t slash = flag.find('/');
  const Json model = {{"provider", flag.substr(0, slash)},
                      {"name", slash == std::string::npos ? "" : flag.substr(slash + 1)}};
  std::vector<Problem> problems;
  task_from_json(Json{{"model", model}}.dump(-1, ' ', false, Json::error_handler_t::replace), problems);
  for (const Problem& problem : problems)
    if (problem.pointer == "/model/provider")
      throw Error(Exit::Usage, "--model " + flag + ": " + problem.message);
  return model;
}

void merge_model(Json& task, const Config& config, const std::optional<std::string>& flag) {
  if (!task.is_object()) return;
  Json model = task.contains("model") ? task["model"] : Json::object();
  if (!config.model_json.empty()) model = merge_models(Json::parse(config.model_json), model);
  if (flag) model = merge_models(std::move(model), model_of(*flag));
  if (model != Json::object()) task["model"] = std::move(model);
}

bool is_path(const std::string& text) {
  if (text.find('\n') != std::string::npos) return false;
  return text.ends_with(".md") || text.ends_with(".txt") ||
         (text.find('/') != std::string::npos && text.find(' ') == std::string::npos);
}

void read_instructions(Json& task, const fs::path& folder, std::vector<Problem>& problems) {
  const auto found = task.find("instructions");
  if (found == task.end() || !found->is_string() || !is_path(found->get<std::string>())) return;
  try {
    std::string text = read_text_file(folder / found->get<std::string>());
    if (to_valid_utf8(text) != text)
      throw Error(Exit::Usage, found->get<std::string>() + " is not UTF-8 text");
    *found = std::move(text);
  } catch (const Error& error) {
    problems.push_back({"/instructions", std::string("instructions: ") + error.what()});
  }
}

void make_workspace_absolute(Json& task, const fs::path& folder) {
  const auto found = task.find("workspace");
  if (found == task.end() || !found->is_string() || *found == "") return;
  fs::path path = (folder / found->get<std::string>()).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // "." leaves a slash at the end
  *found = to_valid_utf8(path.string());
}

/// Here and not in core, which does not know the tools; and a journal may name one that is gone.
void check_tools(const Task& task, std::vector<Problem>& problems) {
  const std::vector<std::string_view> known = tool_names();
  const bool is_whole = problems.empty();  // else a tool may be missing, and others stand elsewhere
  for (std::size_t i = 0; i < task.tools.size(); ++i) {
    const ToolSetup& tool = task.tools[i];
    const bool is_built_in = std::find(known.begin(), known.end(), tool.name) != known.end();
    const Place place(problems, "/tools/" + std::to_string(i));
    if (tool.kind.empty() && !is_built_in) place.unknown("tools: there is no", tool.name, known);
    if (!tool.kind.empty() && is_built_in)
      place.at(tool.kind).problem("tools: the name " + tool.name + " belongs to a built-in tool");
    if (!is_whole) continue;
    const std::string pointer =
        "/tools/" + std::to_string(i) + "/" + (tool.kind.empty() ? tool.name : tool.kind);
    for (const Problem& problem : template_problems(tool))
      problems.push_back({pointer + problem.pointer, "tools: " + tool.name + ": " + problem.message});
  }
}

}  // namespace

Task read_task_file(const fs::path& path, const Config& config, const std::optional<std::string>& model) {
  const YamlDocument document = parse_yaml(read_text_file(path), path.string());
  Json json = Json::parse(document.json);
  std::vector<Problem> problems;
  if (json.is_null()) document.refuse({{"", "the file is empty: a task has at least name, goal and model"}});
  if (json.is_object()) {
    const fs::path folder = fs::absolute(path).parent_path();
    merge_model(json, config, model);
    read_instructions(json, folder, problems);
    make_workspace_absolute(json, folder);
  }
  Task task = task_from_json(json.dump(), problems);
  task.permissions.insert(task.permissions.end(), config.permissions.begin(), config.permissions.end());
  check_tools(task, problems);
  document.refuse(problems);
  return task;
}

Task with_model(const Task& task, const std::string& model) {
  Json json = Json::parse(task_to_json(task));
  merge_model(json, Config{}, model);
  std::vector<Problem> problems;
  Task changed = task_from_json(json.dump(), problems);
  if (!problems.empty()) throw Error(Exit::Usage, "--model " + model + ": " + problems.front().message);
  return changed;
}

}  // namespace agentd
