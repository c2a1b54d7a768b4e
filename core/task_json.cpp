#include "core/task_json.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/fields.h"
#include "core/json_schema.h"
#include "core/model_fields.h"
#include "core/notes.h"
#include "core/text.h"
#include "core/tool_fields.h"

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

const Fields<VerifySetup>& verify_fields() {
  static const Fields<VerifySetup> fields{
      field("shell", &VerifySetup::shell, Text{is_not_blank, "a command", "\\S"}, "passes with exit status 0")
          .required(),
      field("attempts", &VerifySetup::attempts, Integer{.min = 1}, "answers that may fail it"),
      field("timeout", &VerifySetup::timeout_ms, Duration{}, "one check"),
  };
  return fields;
}

const Fields<EmbeddingSetup>& embedding_fields() {
  static const Fields<EmbeddingSetup> fields{
      field("provider", &EmbeddingSetup::provider, Choice{{"bedrock", "gemini", "openai"}},
            "whose API is spoken; openai is spoken by most compatible servers")
          .required(),
      field("name", &EmbeddingSetup::name, Text{is_not_blank, "a name", "\\S"},
            "the model, as the provider calls it")
          .required(),
      field("base_url", &EmbeddingSetup::base_url, Text{},
            "another server of the same API; ${VAR} is expanded"),
      field("api_key_env", &EmbeddingSetup::api_key_env, Text{},
            "the variable that holds the key, never the key"),
      field("dimensions", &EmbeddingSetup::dimensions, Integer{1, 8192},
            "of its vectors, where it can be told"),
  };
  return fields;
}

const Fields<MemorySetup>& memory_fields() {
  static const Fields<MemorySetup> fields{
      field("namespace", &MemorySetup::name, Text{is_not_blank, "a name", "\\S"},
            "whose notes the run shares; {{inputs.NAME}} is replaced")
          .required(),
      field("recall", &MemorySetup::recall, Integer{0, 100}, "notes put before the model at the start"),
      field("embeddings", &MemorySetup::embeddings, Object<EmbeddingSetup>{embedding_fields()},
            "a model that finds notes by what they mean, beside their words"),
  };
  return fields;
}

const Fields<EncryptionSetup>& encryption_fields() {
  static const Fields<EncryptionSetup> fields{
      field("key_env", &EncryptionSetup::key_env, Text{}, "the variable that holds the key, never the key"),
      field("key_file", &EncryptionSetup::key_file, Text{}, "a file that holds it, beside the task file"),
      field("key_command", &EncryptionSetup::key_command, Text{}, "for sh -c: prints it"),
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
      field("sandbox", &Task::sandbox, SandboxForm{}, "what programs that tools start may touch"),
      field("permissions", &Task::permissions, PermissionList{},
            "rules for calls, deny, ask or allow: the first that fits decides"),
      field("limits", &Task::limits, Object<Limits>{limit_fields()}, "over all invocations of a run"),
      field("output", &Task::output, Object<OutputSetup>{output_fields()}, "the form of the answer"),
      field("verify", &Task::verify, ListOf<VerifySetup>{verify_fields()},
            "checks of the answer; what fails goes back to the model"),
      field("memory", &Task::memory, Object<MemorySetup>{memory_fields()}, "long-term memory"),
      field("encryption", &Task::encryption, Object<EncryptionSetup>{encryption_fields()},
            "where the key of the memory directory is, which is encrypted from its beginning"),
      field("retention", &Task::retention_ms, Duration{}, "how long a run is kept after its end"),
  };
  return fields;
}

/// Whether each {{inputs.NAME}} in it is an input of the task.
void check_template(const std::string& text, const Task& task, const Place& place) {
  Inputs names;
  for (const InputSetup& input : task.inputs) names[input.name];
  try {
    render_template(text, names);
  } catch (const Error& error) {
    place.problem(place.path() + ": " + error.what());
  }
}

/// A task with a memory has all its tools, unless it names some.
void check_memory(Task& task, const Place& place) {
  const auto& tools = task.tools;
  const auto named = std::find_if(tools.begin(), tools.end(), [](const ToolSetup& tool) {
    return tool.kind.empty() && is_memory_tool(tool.name);
  });
  if (task.memory.name.empty()) {
    if (named == tools.end()) return;
    return place.at("tools")
        .at(std::to_string(named - tools.begin()))
        .problem("tools: " + named->name + " needs a memory: add 'memory: {namespace: NAME}' to the task");
  }
  check_template(task.memory.name, task, place.at("memory").at("namespace"));
  if (named != tools.end()) return;
  for (const std::string_view name : kMemoryTools) task.tools.push_back({.name = std::string(name)});
}

void check_encryption(const Json& document, const EncryptionSetup& setup, const Place& place) {
  const std::array<const std::string*, 3> sources{&setup.key_env, &setup.key_file, &setup.key_command};
  const auto given = std::count_if(sources.begin(), sources.end(), [](auto* each) { return !each->empty(); });
  if (document.contains("encryption") && given != 1)
    place.at("encryption").problem("encryption: say where the key is: key_env, key_file or key_command");
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
  check_template(task.goal, task, root.at("goal"));
  check_memory(task, root);
  check_encryption(document, task.encryption, root);
  if (!task.output.schema.empty())
    if (const auto problem = schema_problem(task.output.schema))
      root.at("output").at("schema").problem("output.schema: " + *problem);
  return task;
}

std::string task_to_json(const Task& task) {
  Json json = Json::object();
  Object<Task>{task_fields()}.write(task, json);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Task child_task(const ToolSetup& tool) {
  std::vector<Problem> problems;
  Task task = task_from_json(tool.task, problems);
  if (!problems.empty())
    throw Error(Exit::Storage, "the task of the agent '" + tool.name + "' cannot be read: " +
                                   problems.front().pointer + ": " + problems.front().message);
  return task;
}

std::string task_json_schema() {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "agentd task"}};
  Object<Task>{task_fields()}.describe(schema);
  return schema.dump(2);
}

}  // namespace agentd
