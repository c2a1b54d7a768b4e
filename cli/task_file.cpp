#include "cli/task_file.h"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "cli/yaml.h"
#include "core/error.h"
#include "core/fields.h"
#include "core/task_json.h"
#include "core/text.h"
#include "core/tool_fields.h"
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

void merge_model(Json& task, const Config& config, const std::optional<std::string>& flag = {}) {
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

/// The user's own rules come after the task's.
void merge_permissions(Json& task, const Config& config) {
  Json rules;
  PermissionList{}.write(config.permissions, rules);
  if (rules.is_null()) return;
  Json& all = task.emplace("permissions", Json::array()).first.value();
  if (!all.is_array()) return;
  for (Json& rule : rules) all.push_back(std::move(rule));
}

void read_instructions(Json& task, const fs::path& folder, const Place& place) {
  const auto found = task.find("instructions");
  if (found == task.end() || !found->is_string() || !is_path(found->get<std::string>())) return;
  try {
    std::string text = read_text_file(folder / found->get<std::string>());
    if (to_valid_utf8(text) != text)
      throw Error(Exit::Usage, found->get<std::string>() + " is not UTF-8 text");
    *found = std::move(text);
  } catch (const Error& error) {
    place.at("instructions").problem(std::string("instructions: ") + error.what());
  }
}

void make_absolute(Json& object, const char* member, const fs::path& folder) {
  const auto found = object.is_object() ? object.find(member) : object.end();
  if (found == object.end() || !found->is_string() || *found == "") return;
  fs::path path = (folder / found->get<std::string>()).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // "." leaves a slash at the end
  *found = to_valid_utf8(path.string());
}

/// Here and not in core, which does not know the tools; and a journal may name one that is gone.
void check_tools(const Task& task, std::vector<Problem>& problems, const std::string& task_pointer = "") {
  const std::vector<std::string_view> known = tool_names();
  const bool is_whole = problems.empty();  // else a tool may be missing, and others stand elsewhere
  for (std::size_t i = 0; i < task.tools.size(); ++i) {
    const ToolSetup& tool = task.tools[i];
    const bool is_built_in = std::find(known.begin(), known.end(), tool.name) != known.end();
    const Place place(problems, task_pointer + "/tools/" + std::to_string(i));
    if (tool.kind.empty() && !is_built_in) place.unknown("tools: there is no", tool.name, known);
    if (!tool.kind.empty() && is_built_in)
      place.at(tool.kind).problem("tools: the name " + tool.name + " belongs to a built-in tool");
    if (!is_whole) continue;
    const std::string pointer =
        task_pointer + "/tools/" + std::to_string(i) + "/" + (tool.kind.empty() ? tool.name : tool.kind);
    for (const Problem& problem : template_problems(tool))
      problems.push_back({pointer + problem.pointer, "tools: " + tool.name + ": " + problem.message});
    if (tool.kind == "agent") check_tools(child_task(tool), problems, pointer + "/task");
  }
}

/// How a task was come to: from the top, file by file.
struct Trail {
  const Config& config;
  std::vector<fs::path> files;
};

struct Source {
  fs::path path;
  std::string text;
};

Task read(const Source& source, Trail trail, const std::function<void(Json&)>& choose_model);

std::string names_of(const std::vector<fs::path>& files) {
  std::string names;
  for (const fs::path& file : files) names.append(names.empty() ? "" : " → ").append(file.string());
  return names;
}

/// Without a model of its own an agent has that of the task it belongs to.
std::function<void(Json&)> with_model_of(const Json& task, const Config& config) {
  return [model = task.value("model", Json()), &config](Json& child) {
    if (child.contains("model"))
      merge_model(child, config);
    else if (!model.is_null())
      child["model"] = model;
  };
}

/// The task of an agent in a file of its own, as a part of this one; what is wrong in there is said there.
void read_child_file(Json& child, const Json& task, const Trail& trail, const Place& place) {
  constexpr std::size_t kMostFiles = 4;
  const fs::path path = trail.files.back().parent_path() / child.get<std::string>();
  std::vector<fs::path> files = trail.files;
  files.push_back(path);
  std::error_code ignored;
  const auto is_same = [&](const fs::path& file) { return fs::equivalent(file, path, ignored); };
  if (std::any_of(trail.files.begin(), trail.files.end(), is_same))
    return place.problem(place.path() + ": a task cannot contain itself: " + names_of(files));
  if (files.size() > kMostFiles)
    return place.problem(place.path() +
                         ": agents have agents of their own at most 3 deep: " + names_of(files));
  if (fs::status(path, ignored).type() == fs::file_type::not_found)
    return place.problem(place.path() + ": there is no file " + path.string());
  child =
      Json::parse(task_to_json(read({path, read_text_file(path)}, trail, with_model_of(task, trail.config))));
}

void complete(Json& task, const Trail& trail, const Place& place);

void read_children(Json& task, const Trail& trail, const Place& place) {
  static const Json::json_pointer kTask("/agent/task");
  const auto tools = task.find("tools");
  if (tools == task.end() || !tools->is_array()) return;
  for (std::size_t i = 0; i < tools->size(); ++i) {
    if (!(*tools)[i].is_object() || !(*tools)[i].contains(kTask)) continue;
    Json& child = (*tools)[i][kTask];
    const Place there = place.at("tools").at(std::to_string(i)).at("agent").at("task");
    if (child.is_string()) {
      read_child_file(child, task, trail, there);
    } else if (child.is_object()) {
      with_model_of(task, trail.config)(child);
      complete(child, trail, there);
    }
  }
}

/// Puts in what a task takes from elsewhere; paths stand beside the file.
void complete(Json& task, const Trail& trail, const Place& place) {
  const fs::path folder = fs::absolute(trail.files.back()).parent_path();
  merge_permissions(task, trail.config);
  read_instructions(task, folder, place);
  make_absolute(task, "workspace", folder);
  if (const auto found = task.find("encryption"); found != task.end())
    make_absolute(*found, "key_file", folder);
  read_children(task, trail, place);
}

Task read(const Source& source, Trail trail, const std::function<void(Json&)>& choose_model) {
  const YamlDocument document = parse_yaml(source.text, source.path.string());
  Json json = Json::parse(document.json);
  std::vector<Problem> problems;
  if (json.is_null()) document.refuse({{"", "the file is empty: a task has at least name, goal and model"}});
  trail.files.push_back(source.path);
  if (json.is_object()) {
    choose_model(json);
    complete(json, trail, Place(problems));
  }
  const Task task = task_from_json(json.dump(), problems);
  check_tools(task, problems);
  document.refuse(problems);
  return task;
}

}  // namespace

Task read_task_file(const fs::path& path, const Config& config, const std::optional<std::string>& model) {
  return read({path, read_text_file(path)}, {config, {}},
              [&](Json& json) { merge_model(json, config, model); });
}

Task read_task_text(const std::string& text, const std::string& name, const Config& config) {
  return read({name, text}, {config, {}}, [&](Json& json) { merge_model(json, config); });
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
