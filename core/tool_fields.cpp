#include "core/tool_fields.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "core/json_schema.h"

namespace agentd {

namespace {

constexpr std::string_view kNameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

bool is_tool_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.find_first_not_of(kNameLetters) == std::string_view::npos;
}

/// Leaves room for `__` and a tool's own name.
bool is_server_name(std::string_view text) {
  return is_tool_name(text) && text.size() <= 32 && text.find("__") == std::string_view::npos;
}

Field<ToolSetup> timeout_field() {
  return field("timeout", &ToolSetup::timeout_ms, Duration{}, "one call");
}
Field<ToolSetup> env_field() {
  return field("env", &ToolSetup::env, TextMap{}, "variables for its programs; ${VAR} is expanded");
}
Field<ToolSetup> network_field() {
  return field("network", &ToolSetup::network, Flag{}, "whether its programs reach the network");
}
Field<ToolSetup> name_field() {
  return field("name", &ToolSetup::name,
               Text{is_tool_name, "a name of A-Z, a-z, 0-9, _ and -, at most 64", "^[A-Za-z0-9_-]{1,64}$"},
               "what the model calls it")
      .required();
}
Field<ToolSetup> description_field() {
  return field("description", &ToolSetup::description, Text{}, "what it does, for the model").required();
}
Field<ToolSetup> parameters_field() {
  return field("parameters", &ToolSetup::parameters, FreeObject{}, "JSON Schema of the arguments");
}
Field<ToolSetup> effect_field() {
  return field("effect", &ToolSetup::effect, Choice{{"read", "idempotent", "once"}},
               "what a crash may repeat: read and idempotent are run again");
}
Field<ToolSetup> headers_field() {
  return field("headers", &ToolSetup::headers, TextMap{}, "${VAR} is expanded");
}
Field<ToolSetup> allow_field() {
  return field("allow", &ToolSetup::allow, TextList{},
               "hosts, addresses or networks it may reach beside the open web");
}
Field<ToolSetup> max_bytes_field() {
  return field("max_bytes", &ToolSetup::max_bytes, Integer{.min = 1}, "the longest response");
}

const Fields<ToolSetup>& built_in_fields() {
  static const Fields<ToolSetup> fields{timeout_field(), env_field(), network_field(), allow_field(),
                                        max_bytes_field()};
  return fields;
}

const Fields<ToolSetup>& exec_fields() {
  static const Fields<ToolSetup> fields{
      name_field(),
      description_field(),
      field("command", &ToolSetup::command, TextList{},
            "the program and its arguments; {{ARGUMENT}} is replaced, never by a shell. Without any, the "
            "arguments come as JSON on stdin")
          .required(),
      parameters_field(),
      effect_field(),
      field("check", &ToolSetup::check, TextList{},
            "a command that tells whether an interrupted call took effect: exit status 0, it did, and stdout "
            "is the result; 1, it did not"),
      timeout_field(),
      env_field(),
      network_field(),
  };
  return fields;
}

const Fields<ToolSetup>& http_fields() {
  static const Fields<ToolSetup> fields{
      name_field(),
      description_field(),
      field("method", &ToolSetup::method, Choice{{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}},
            "of HTTP"),
      field("url", &ToolSetup::url, Text{}, "{{ARGUMENT}} is replaced in the path and the query").required(),
      headers_field(),
      field("body", &ToolSetup::body, FreeValue{}, "JSON; {{ARGUMENT}} is replaced in its texts"),
      parameters_field(),
      effect_field(),
      timeout_field(),
      max_bytes_field(),
      allow_field(),
  };
  return fields;
}

const Fields<ClientCredentials>& credentials_fields() {
  static const Fields<ClientCredentials> fields{
      field("token_url", &ClientCredentials::token_url, Text{}, "where tokens are given out").required(),
      field("client_id", &ClientCredentials::client_id, Text{}, "who asks").required(),
      field("client_secret_env", &ClientCredentials::client_secret_env, Text{},
            "the variable that holds the secret, never the secret")
          .required(),
      field("scope", &ClientCredentials::scope, Text{}, "what for"),
  };
  return fields;
}

const Fields<ToolSetup>& mcp_fields() {
  static const Fields<ToolSetup> fields{
      field("name", &ToolSetup::name,
            Text{is_server_name, "a name of A-Z, a-z, 0-9, _ and -, at most 32, without __",
                 "^[A-Za-z0-9_-]{1,32}$"},
            "of the server: its tools are called NAME__TOOL")
          .required(),
      field("command", &ToolSetup::command, TextList{}, "starts a server on stdio"),
      env_field(),
      field("url", &ToolSetup::url, Text{}, "of a server on HTTP"),
      headers_field(),
      timeout_field(),
      field("tools", &ToolSetup::tools, TextList{}, "which of its tools, with * and ?; default: all"),
      field("trusted", &ToolSetup::trusted, Flag{}, "whether its hints on effects count"),
      field("elicitation", &ToolSetup::elicitation, Choice{{"decline", "accept-defaults", "ask"}},
            "what it gets that asks for a person's input"),
      field("protocol", &ToolSetup::protocol,
            Choice{{"auto", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"}},
            "a revision of MCP"),
      field("client_credentials", &ToolSetup::client_credentials,
            Object<ClientCredentials>{credentials_fields()}, "OAuth for a server on HTTP"),
  };
  return fields;
}

/// Agents below a task that nobody has looked at yet.
std::size_t agents_below(const Json& task) {
  constexpr const char* kTask = "/agent/task";
  std::size_t most = 0;
  if (!task.is_object() || !task.contains("tools")) return most;
  for (const Json& tool : task["tools"])
    if (const Json::json_pointer child(kTask); tool.is_object() && tool.contains(child))
      most = std::max(most, 1 + agents_below(tool[child]));
  return most;
}

/// A whole task, kept in its shortest form.
struct ChildTask {
  bool read(const Json& json, std::string& value, const Place& place) const {
    constexpr std::size_t kMostBelow = 2;
    const std::size_t before = place.problems();
    if (!json.is_object())
      place.expected("a task", json);
    else if (agents_below(json) > kMostBelow)
      place.problem(place.path() + ": agents have agents of their own at most 3 deep");
    if (place.problems() > before) return false;
    std::vector<Problem> problems;
    const Task task = task_from_json(json.dump(), problems);
    for (const Problem& problem : problems) place.nested(problem);
    if (problems.empty()) value = task_to_json(task);
    return problems.empty();
  }
  void write(const std::string& value, Json& json) const {
    if (!value.empty()) json = Json::parse(value);
  }
  void describe(Json& schema) const { schema["anyOf"] = {{{"$ref", "#"}}, {{"type", "string"}}}; }
};

const Fields<ToolSetup>& agent_fields() {
  static const Fields<ToolSetup> fields{
      name_field(),
      description_field(),
      field("task", &ToolSetup::task, ChildTask{},
            "the agent's own task, with inputs that are the arguments of a call: a path beside the task "
            "file, or a task")
          .required(),
  };
  return fields;
}

struct Kind {
  std::string_view name;
  const Fields<ToolSetup>& (*fields)();
};
constexpr std::array kKinds{Kind{"agent", agent_fields}, Kind{"exec", exec_fields}, Kind{"http", http_fields},
                            Kind{"mcp", mcp_fields}};

const Kind* find_kind(std::string_view name) {
  const auto found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.name == name; });
  return found == kKinds.end() ? nullptr : &*found;
}

void check_parameters(const ToolSetup& tool, const Place& place) {
  if (tool.parameters.empty()) return;
  const Place parameters = place.at("parameters");
  if (const auto problem = schema_problem(tool.parameters))
    parameters.problem(parameters.path() + ": " + *problem);
}

void check_server(const ToolSetup& tool, const Place& place) {
  if (tool.command.empty() == tool.url.empty())
    place.problem(place.path() + ": an MCP server has either a command or a url");
}

bool read_tool(const Json& json, ToolSetup& tool, const Place& place) {
  const bool is_name = json.is_string() && json != "";
  if (!is_name && !(json.is_object() && json.size() == 1)) {
    place.expected("a tool's name, or NAME: {settings}", json);
    return false;
  }
  const std::string word = is_name ? json.get<std::string>() : json.begin().key();
  const Place named = is_name ? place : place.at(word);
  const Kind* kind = find_kind(word);
  (kind != nullptr ? tool.kind : tool.name) = word;
  if (kind == nullptr) return is_name || Object<ToolSetup>{built_in_fields()}.read(json.front(), tool, named);
  if (is_name) named.problem("tools: " + word + " needs settings, as " + word + ": {name: …}");
  if (is_name || !Object<ToolSetup>{kind->fields()}.read(json.front(), tool, named)) return false;
  check_parameters(tool, named);
  if (tool.kind == "mcp") check_server(tool, named);
  return true;
}

}  // namespace

bool ToolList::read(const Json& json, std::vector<ToolSetup>& tools, const Place& place) const {
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

void ToolList::write(const std::vector<ToolSetup>& tools, Json& json) const {
  for (const ToolSetup& tool : tools) {
    const Kind* kind = find_kind(tool.kind);
    Json settings;
    Object<ToolSetup>{kind != nullptr ? kind->fields() : built_in_fields()}.write(tool, settings);
    const std::string& word = kind != nullptr ? tool.kind : tool.name;
    json.push_back(settings.is_null() ? Json(word) : Json{{word, settings}});
  }
}

void ToolList::describe(Json& schema) const {
  Json with_settings = {{"type", "object"}, {"minProperties", 1}, {"maxProperties", 1}};
  for (const Kind& kind : kKinds)
    Object<ToolSetup>{kind.fields()}.describe(with_settings["properties"][std::string(kind.name)]);
  Object<ToolSetup>{built_in_fields()}.describe(with_settings["additionalProperties"]);
  schema["type"] = "array";
  schema["items"]["oneOf"] = Json::array({{{"type", "string"}}, with_settings});
}

}  // namespace agentd
