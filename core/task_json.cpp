#include "core/task_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/fields.h"
#include "core/model_fields.h"
#include "core/text.h"

// The tables below are the whole of task.yaml: parser, journal form and schema are made from them.

namespace agentd {

namespace {

bool is_task_name(std::string_view text) {
  constexpr std::size_t kLongest = 80;  // leaves room for the hash in a run's id
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  return !text.empty() && text.size() <= kLongest && text.front() != '-' &&
         text.find_first_not_of(kLetters) == std::string_view::npos;
}

bool is_input_name(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !text.empty() && text.find_first_not_of(kLetters) == std::string_view::npos;
}

bool is_not_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") != std::string_view::npos;
}

const Fields<Limits>& limit_fields() {
  static const Fields<Limits> fields{
      field("steps", &Limits::steps, Integer{.min = 1}, "model replies; null for no limit"),
      field("tokens", &Limits::tokens, Integer{.min = 1}, "tokens in and out"),
      field("cost_usd", &Limits::cost_usd, Number{.min = 0}, "US dollars"),
      field("duration", &Limits::duration_ms, Duration{}, "time since the run was started"),
      field("stuck_after", &Limits::stuck_after, Integer{.min = 1},
            "invocations in a row that end without a new durable step"),
  };
  return fields;
}

const Fields<ToolSetup>& tool_fields() {
  static const Fields<ToolSetup> fields{
      field("timeout", &ToolSetup::timeout_ms, Duration{}, "one call"),
      field("env", &ToolSetup::env, TextMap{}, "variables for its programs; ${VAR} is expanded"),
  };
  return fields;
}

const Fields<ToolSetup>& shell_fields() {
  static const Fields<ToolSetup> fields = [] {
    Fields<ToolSetup> all = tool_fields();
    all.push_back(half_built<ToolSetup>("network", "true", "false", "whether commands reach the network"));
    return all;
  }();
  return fields;
}

/// A built-in tool by its name, or one with settings: {NAME: {timeout: 60s}}.
struct ToolList {
  static constexpr std::array<std::string_view, 4> kLater{"agent", "exec", "http", "mcp"};

  bool read(const Json& json, std::vector<ToolSetup>& tools, const Place& place) const {
    if (!json.is_array()) {
      place.expected("a list of tools", json);
      return false;
    }
    std::set<std::string> names;
    for (std::size_t i = 0; i < json.size(); ++i) {
      const Place item = place.at(std::to_string(i));
      ToolSetup tool;
      if (!read_tool(json[i], tool, item)) continue;
      if (!names.insert(tool.name).second) item.problem("tools: " + tool.name + " stands here twice");
      tools.push_back(std::move(tool));
    }
    return true;
  }

  static bool read_tool(const Json& json, ToolSetup& tool, const Place& place) {
    const bool is_name = json.is_string() && json != "";
    if (!is_name && !(json.is_object() && json.size() == 1)) {
      place.expected("a tool's name, or NAME: {settings}", json);
      return false;
    }
    tool.name = is_name ? json.get<std::string>() : json.begin().key();
    const Place named = is_name ? place : place.at(tool.name);
    if (std::find(kLater.begin(), kLater.end(), tool.name) != kLater.end()) {
      named.not_built("tools: " + tool.name);
      return false;
    }
    const Object<ToolSetup> settings{tool.name == "shell" ? shell_fields() : tool_fields()};
    return is_name || settings.read(json.front(), tool, named);
  }

  void write(const std::vector<ToolSetup>& tools, Json& json) const {
    for (const ToolSetup& tool : tools) {
      Json settings;
      Object<ToolSetup>{tool_fields()}.write(tool, settings);
      json.push_back(settings.is_null() ? Json(tool.name) : Json{{tool.name, settings}});
    }
  }

  void describe(Json& schema) const {
    Json with_settings = {{"type", "object"}, {"minProperties", 1}, {"maxProperties", 1}};
    Object<ToolSetup>{shell_fields()}.describe(with_settings["properties"]["shell"]);
    for (const std::string_view later : kLater)
      with_settings["properties"][std::string(later)] = {{"type", "object"},
                                                         {"description", "not built yet"}};
    Object<ToolSetup>{tool_fields()}.describe(with_settings["additionalProperties"]);
    schema["type"] = "array";
    schema["items"]["oneOf"] = Json::array({{{"type", "string"}}, with_settings});
  }
};

/// A default stands as its type in the file, and as text in InputSetup.
void read_default(const Json& json, InputSetup& input, const Place& place) {
  if (json.is_structured() || json.is_null())
    place.expected("a text, a number, true or false", json);
  else
    input.default_value = json.is_string() ? json.get<std::string>() : json.dump();
}

void write_default(const InputSetup& input, Json& json) {
  if (input.default_value)
    json = input.type == "string" ? Json(*input.default_value)
                                  : Json::parse(*input.default_value, nullptr, false);
}

void describe_default(Json& schema) {
  schema["type"] = {"string", "number", "boolean"};
}

const Fields<InputSetup>& input_fields() {
  static const Fields<InputSetup> fields{
      field("type", &InputSetup::type, Choice{{"string", "integer", "number", "boolean"}}, "what it takes"),
      field("required", &InputSetup::required, Flag{}, "whether a run must be given one"),
      {{"default", "its value where none is given"}, read_default, write_default, describe_default},
      field("description", &InputSetup::description, Text{}, "for people"),
  };
  return fields;
}

/// NAME: {type: …}, kept sorted by name.
struct InputMap {
  bool read(const Json& json, std::vector<InputSetup>& inputs, const Place& place) const {
    if (!json.is_object()) {
      place.expected("a mapping of names to {type: …}", json);
      return false;
    }
    for (const auto& [name, setup] : json.items()) {
      const Place named = place.at(name);
      InputSetup input{.name = name};
      if (!is_input_name(name)) named.problem("an input's name has letters, digits, _ and - alone");
      if (Object<InputSetup>{input_fields()}.read(setup, input, named)) check_default(setup, input, named);
      inputs.push_back(std::move(input));
    }
    std::sort(inputs.begin(), inputs.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return true;
  }

  static void check_default(const Json& json, const InputSetup& input, const Place& place) {
    const auto type = json.find("type");
    if (!input.default_value || (type != json.end() && *type != input.type)) return;
    const Json& value = json["default"];
    const Place there = place.at("default");
    std::int64_t whole = 0;
    double number = 0;
    bool flag = false;
    std::string text;
    if (input.type == "integer") Integer{}.read(value, whole, there);
    if (input.type == "number") Number{}.read(value, number, there);
    if (input.type == "boolean") Flag{}.read(value, flag, there);
    if (input.type == "string") Text{}.read(value, text, there);
    if (input.required) there.problem(there.path() + ": a required input has no use for a default");
  }

  void write(const std::vector<InputSetup>& inputs, Json& json) const {
    for (const InputSetup& input : inputs) {
      Json& setup = json[input.name] = Json::object();
      Object<InputSetup>{input_fields()}.write(input, setup);
    }
  }

  void describe(Json& schema) const {
    schema["type"] = "object";
    Object<InputSetup>{input_fields()}.describe(schema["additionalProperties"]);
  }
};

const Fields<OutputSetup>& output_fields() {
  static const Fields<OutputSetup> fields{
      field("schema", &OutputSetup::schema, FreeObject{}, "a JSON Schema: the answer is JSON that fits it")
          .required(),
  };
  return fields;
}

const Fields<Task>& task_fields() {
  static const Fields<Task> fields{
      field("version", &Task::version, Integer{1, 1}, "the version of this format"),
      field("name", &Task::name,
            Text{is_task_name, "a name of a-z, 0-9 and -, at most 80", "^[a-z0-9][a-z0-9-]{0,79}$"},
            "names the task and begins the ids of its runs")
          .required(),
      field("goal", &Task::goal, Text{is_not_blank, "a text that says what to do", "\\S"},
            "what the agent has to do; {{inputs.NAME}} is replaced")
          .required(),
      field("instructions", &Task::instructions, Text{}, "how to work: text, or a path beside the task file"),
      field("inputs", &Task::inputs, InputMap{}, "what a run is given with -i NAME=VALUE"),
      field("model", &Task::model, Object<ModelSetup>{model_fields()}, "who thinks"),
      field("tools", &Task::tools, ToolList{}, "what the agent can do"),
      field("workspace", &Task::workspace, Text{},
            "where tools work: a path beside the task file; default: the run's own folder"),
      not_built<Task>("permissions", "array", "rules for calls: deny, ask, allow"),
      field("limits", &Task::limits, Object<Limits>{limit_fields()}, "over all invocations of a run"),
      field("output", &Task::output, Object<OutputSetup>{output_fields()}, "the form of the answer"),
      not_built<Task>("verify", "array", "checks of the answer"),
      not_built<Task>("memory", "object", "long-term memory"),
      not_built<Task>("retention", "string", "how long a run is kept after its end"),
  };
  return fields;
}

void check_goal(const Task& task, const Place& place) {
  Inputs names;
  for (const InputSetup& input : task.inputs) names[input.name];
  try {
    render_template(task.goal, names);
  } catch (const Error& error) {
    place.problem(std::string("goal: ") + error.what());
  }
}

}  // namespace

Task task_from_json(std::string_view json, std::vector<Problem>& problems) {
  Task task;
  const Place root(problems);
  const Json document = parse_document(json);
  if (document.is_discarded()) {
    root.problem("this is not JSON, or nested too deep");
    return task;
  }
  if (!Object<Task>{task_fields()}.read(document, task, root)) return task;
  check_model(document.value("model", Json::object()), task.model, root.at("model"));
  check_goal(task, root.at("goal"));
  return task;
}

std::string task_to_json(const Task& task) {
  Json json = Json::object();
  Object<Task>{task_fields()}.write(task, json);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string task_json_schema() {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "agentd task"}};
  Object<Task>{task_fields()}.describe(schema);
  return schema.dump(2);
}

}  // namespace agentd
