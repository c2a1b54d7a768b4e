#include "core/task_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace agentd;
using nlohmann::ordered_json;

namespace {

ordered_json small() {
  return ordered_json::parse(
      R"({"name":"t","goal":"g","model":{"provider":"scripted","script":[{"answer":"a"}]}})");
}

/// The small task with one more member, given by its pointer.
ordered_json small_with(const std::string& pointer, const std::string& value) {
  ordered_json task = small();
  task[ordered_json::json_pointer(pointer)] = ordered_json::parse(value);
  return task;
}

std::vector<Problem> problems_of(const ordered_json& json) {
  std::vector<Problem> problems;
  task_from_json(json.dump(), problems);
  return problems;
}

Task full_task() {
  Task task;
  task.name = "full";
  task.goal = "Say {{inputs.word}} {{ not ours }}";
  task.instructions = "Be brief.\n";
  task.inputs = {{"count", "integer", false, "3", "how often"},
                 {"loud", "boolean", false, "true", ""},
                 {"rate", "number", false, "0.5", ""},
                 {"word", "string", true, std::nullopt, "what"},
                 {"year", "string", false, "2026", ""}};
  task.model.provider = "openai";
  task.model.name = "m";
  task.model.base_url = "http://${HOST}/v1";
  task.model.api_key_env = "KEY";
  task.model.max_output_tokens = 10;
  task.model.context_tokens = 20;
  task.model.temperature = 0.2;
  task.model.reasoning = "low";
  task.model.timeout_ms = 90'000;
  task.model.idle_timeout_ms = 250;
  task.model.stream = false;
  task.model.retries = 0;
  task.model.tool_calling = "text";
  task.model.api_version = "v9";
  task.model.cache.ttl_ms = 3'600'000;
  task.model.fallbacks = {{.provider = "anthropic", .name = "b"},
                          {.provider = "scripted", .script = R"([{"answer":"x"}])"}};
  task.output.schema = R"({"type":"object"})";
  task.model.extra = R"({"a":1.5,"z":["ä",null]})";
  task.tools = {{.name = "shell", .timeout_ms = 60'000, .env = {{"A", "1"}, {"B", "${B}"}}, .network = false},
                {.name = "list"},
                {.kind = "exec",
                 .name = "pdf",
                 .description = "d",
                 .parameters = R"({"type":"object"})",
                 .effect = "read",
                 .command = {"pdftotext", "{{path}}"},
                 .check = {"true"}},
                {.kind = "http",
                 .name = "post",
                 .description = "d",
                 .method = "POST",
                 .url = "http://h/",
                 .body = "[1]"},
                {.kind = "mcp",
                 .name = "fs",
                 .url = "https://h/mcp",
                 .headers = {{"A", "${A}"}},
                 .tools = {"a*"},
                 .trusted = true,
                 .elicitation = "ask",
                 .client_credentials = {"u", "i", "S", ""}}};
  task.sandbox = {"required", {"/a"}, {}, 512, std::nullopt};
  task.permissions = {{"deny", "write_file(/etc/*)"}, {"ask", "shell"}};
  task.verify = {{"true", 2, 1000}};
  task.workspace = "/tmp/w";
  task.limits = {7, 1000, 2.0, 86'400'000, 2};
  return task;
}

}  // namespace

TEST_CASE("a task is written in its shortest form and reads back the same") {
  std::vector<Problem> problems;
  const Task task = full_task();
  const std::string written = task_to_json(task);
  CHECK(written ==
        R"({"name":"full","goal":"Say {{inputs.word}} {{ not ours }}","instructions":"Be brief.\n",)"
        R"("inputs":{"count":{"type":"integer","default":3,"description":"how often"},)"
        R"("loud":{"type":"boolean","default":true},"rate":{"type":"number","default":0.5},)"
        R"("word":{"required":true,"description":"what"},"year":{"default":"2026"}},)"
        R"("model":{"provider":"openai","name":"m","base_url":"http://${HOST}/v1","api_key_env":"KEY",)"
        R"("max_output_tokens":10,"context_tokens":20,"temperature":0.2,"reasoning":"low",)"
        R"("tool_calling":"text","timeout":"90s","idle_timeout":"250ms","stream":false,"retries":0,)"
        R"("api_version":"v9","extra":{"a":1.5,"z":["ä",null]},"cache":{"ttl":"1h"},)"
        R"("fallbacks":[{"provider":"anthropic","name":"b"},)"
        R"({"provider":"scripted","script":[{"answer":"x"}]}]},)"
        R"("tools":[{"shell":{"timeout":"1m","env":{"A":"1","B":"${B}"},"network":false}},"list",)"
        R"({"exec":{"name":"pdf","description":"d","command":["pdftotext","{{path}}"],)"
        R"("parameters":{"type":"object"},"effect":"read","check":["true"]}},)"
        R"({"http":{"name":"post","description":"d","method":"POST","url":"http://h/","body":[1]}},)"
        R"({"mcp":{"name":"fs","url":"https://h/mcp","headers":{"A":"${A}"},"tools":["a*"],"trusted":true,)"
        R"("elicitation":"ask","client_credentials":{"token_url":"u","client_id":"i",)"
        R"("client_secret_env":"S"}}}],)"
        R"("workspace":"/tmp/w","sandbox":{"mode":"required","read":["/a"],"memory_mb":512},)"
        R"~("permissions":[{"deny":"write_file(/etc/*)"},{"ask":"shell"}],)~"
        R"("limits":{"steps":7,"tokens":1000,"cost_usd":2.0,"duration":"1d","stuck_after":2},)"
        R"("output":{"schema":{"type":"object"}},"verify":[{"shell":"true","attempts":2,"timeout":"1s"}]})");
  CHECK(task_from_json(written, problems) == task);
  CHECK(problems.empty());
}

TEST_CASE("what a task leaves out has its default, and defaults are not written") {
  std::vector<Problem> problems;
  Task expected;
  expected.name = "t";
  expected.goal = "g";
  expected.model.provider = "scripted";
  expected.model.script = R"([{"answer":"a"}])";
  const Task task = task_from_json(small().dump(), problems);
  CHECK(task == expected);
  CHECK(task_to_json(task) == small().dump());
}

TEST_CASE("null takes a limit away, and stays away") {
  std::vector<Problem> problems;
  const Task task = task_from_json(small_with("/limits", R"({"steps":null})").dump(), problems);
  CHECK(problems.empty());
  CHECK(task.limits.steps == std::nullopt);
  CHECK(task_from_json(task_to_json(task), problems) == task);
}

TEST_CASE("the order of a user's own members and of the inputs makes no difference to a task") {
  std::vector<Problem> problems;
  const auto one = small_with("/inputs", R"({"b":{},"a":{}})");
  const auto other = small_with("/inputs", R"({"a":{},"b":{}})");
  CHECK(task_from_json(one.dump(), problems) == task_from_json(other.dump(), problems));
}

TEST_CASE("everything that is wrong with a task is said, where it is wrong") {
  struct Row {
    const char* pointer;
    const char* value;
    Problem problem;
  };
  const std::vector<Row> rows{
      {"/limts", "{}", {"/limts", "unknown key \"limts\"; did you mean limits?"}},
      {"/model/timeot", "\"9s\"", {"/model/timeot", "unknown key \"timeot\"; did you mean timeout?"}},
      {"/limits",
       R"({"qqqqqq":1})",
       {"/limits/qqqqqq", "unknown key \"qqqqqq\"; known: steps, tokens, cost_usd, duration, stuck_after"}},
      {"/limits",
       R"({"a~/b":1})",
       {"/limits/a~0~1b", "unknown key \"a~/b\"; known: steps, tokens, cost_usd, duration, stuck_after"}},
      {"/version", "2", {"/version", "version: expected a whole number from 1 to 1, found 2"}},
      {"/name",
       "\"No\"",
       {"/name", "name: expected a name of a-z, 0-9 and -, at most 80, found the text \"No\""}},
      {"/name",
       "\"-x\"",
       {"/name", "name: expected a name of a-z, 0-9 and -, at most 80, found the text \"-x\""}},
      {"/goal", "\" \\n\"", {"/goal", "goal: expected a text that says what to do, found the text \" \\n\""}},
      {"/goal", "\"{{inputs.x}}\"", {"/goal", "goal: {{inputs.x}}: there is no such input"}},
      {"/goal", "[]", {"/goal", "goal: expected a text that says what to do, found a list"}},
      {"/instructions", "true", {"/instructions", "instructions: expected text, found true"}},
      {"/model", "[]", {"/model", "model: expected a mapping, found a list"}},
      {"/model/provider",
       "\"scriptd\"",
       {"/model/provider", "model.provider: there is no \"scriptd\"; did you mean scripted?"}},
      {"/model/timeout",
       "90",
       {"/model/timeout", "model.timeout: expected a duration (write 90s, 15m, 36h or 30d), found 90"}},
      {"/model/timeout",
       "\"0s\"",
       {"/model/timeout",
        "model.timeout: expected a duration (write 90s, 15m, 36h or 30d), found the text \"0s\""}},
      {"/model/retries",
       "21",
       {"/model/retries", "model.retries: expected a whole number from 0 to 20, found 21"}},
      {"/model/retries",
       "1.5",
       {"/model/retries", "model.retries: expected a whole number from 0 to 20, found 1.5"}},
      {"/model/temperature",
       "-1",
       {"/model/temperature", "model.temperature: expected a number from 0.0 to 2.0, found -1"}},
      {"/model/stream",
       "\"yes\"",
       {"/model/stream", "model.stream: expected true or false, found the text \"yes\""}},
      {"/model/max_output_tokens",
       "18446744073709551615",
       {"/model/max_output_tokens",
        "model.max_output_tokens: expected a whole number of at least 1, found 18446744073709551615"}},
      {"/model/extra",
       "[1]",
       {"/model/extra", "model.extra: expected a mapping, not too deep, found a list"}},
      {"/model/script",
       "[]",
       {"/model/script",
        "model.script: expected a list of at least one mapping, not too deep, found a list"}},
      {"/model/script", "[{},7]", {"/model/script/1", "model.script.1: expected a mapping, found 7"}},
      {"/model/tool_calling", "1", {"/model/tool_calling", "model.tool_calling: expected a word, found 1"}},
      {"/model/api_key_env",
       R"("sk-secret")",
       {"/model/api_key_env",
        "model.api_key_env must be the name of a variable, such as MY_KEY, never the key itself"}},
      {"/model/fallbacks", "{}", {"/model/fallbacks", "model.fallbacks: expected a list, found a mapping"}},
      {"/model/fallbacks",
       R"([{"name":"m"}])",
       {"/model/fallbacks/0", "model.fallbacks.0.provider is missing: give it here"}},
      {"/model/fallbacks",
       R"([{"provider":"openai"}])",
       {"/model/fallbacks/0", "model.fallbacks.0.name is missing: say which model of openai"}},
      {"/model/fallbacks",
       R"([{"provider":"openai","name":"m","fallbacks":[]}])",
       {"/model/fallbacks/0/fallbacks",
        "unknown key \"fallbacks\"; known: provider, name, base_url, "
        "api_key_env, max_output_tokens, context_tokens, temperature, reasoning, "
        "tool_calling, timeout, idle_timeout, stream, retries, api_version, extra, "
        "cache, script"}},
      {"/permissions",
       R"([{"forbid":"x"}])",
       {"/permissions/0/forbid", "unknown decision \"forbid\"; known: allow, ask, deny"}},
      {"/permissions",
       R"([{"ask":"shell(git push"}])",
       {"/permissions/0/ask",
        "permissions.0.ask: expected TOOL or TOOL(VALUE), as shell(git push*), found the text \"shell(git "
        "push\""}},
      {"/sandbox", "\"on\"", {"/sandbox", "sandbox: there is no \"on\"; known: auto, required, off"}},
      {"/retention",
       "\"3 days\"",
       {"/retention", "retention: expected a duration (write 90s, 15m, 36h or 30d), found the text \"3 days\""}},
      {"/limits",
       R"({"steps":-1})",
       {"/limits/steps", "limits.steps: expected a whole number of at least 1, found -1"}},
      {"/tools", "{}", {"/tools", "tools: expected a list of tools, found a mapping"}},
      {"/tools", "[7]", {"/tools/0", "tools.0: expected a tool's name, or NAME: {settings}, found 7"}},
      {"/tools",
       R"([{"a":{},"b":{}}])",
       {"/tools/0", "tools.0: expected a tool's name, or NAME: {settings}, found a mapping"}},
      {"/tools", R"(["list",{"list":{}}])", {"/tools/1", "tools: list stands here twice"}},
      {"/tools",
       R"([{"agent":{"name":"x","description":"X","task":{"name":"t","goal":"g","limits":{"steps":"many"},
            "model":{"provider":"scripted","script":[{"answer":"a"}]}}}}])",
       {"/tools/0/agent/task/limits/steps",
        "tools.0.agent.task: limits.steps: expected a whole number of at least 1, found the text \"many\""}},
      {"/tools",
       R"([{"agent":{"name":"x","description":"X","task":"gone.yaml"}}])",
       {"/tools/0/agent/task", "tools.0.agent.task: expected a task, found the text \"gone.yaml\""}},
      {"/tools", R"(["http"])", {"/tools/0", "tools: http needs settings, as http: {name: …}"}},
      {"/tools",
       R"([{"exec":{"name":"x","command":["y"]}}])",
       {"/tools/0/exec", "tools.0.exec.description is missing: what it does, for the model"}},
      {"/tools",
       R"([{"mcp":{"name":"x","command":["y"],"url":"z"}}])",
       {"/tools/0/mcp", "tools.0.mcp: an MCP server has either a command or a url"}},
      {"/tools",
       R"([{"list":{"wide":true}}])",
       {"/tools/0/list/wide", "unknown key \"wide\"; known: timeout, env, network, allow, max_bytes"}},
      {"/tools",
       R"([{"shell":{"env":{"A":1}}}])",
       {"/tools/0/shell/env/A", "tools.0.shell.env.A: expected text, found 1"}},
      {"/inputs", R"({"a b":{}})", {"/inputs/a b", "an input's name has letters, digits, _ and - alone"}},
      {"/inputs", R"({"a":null})", {"/inputs/a", "inputs.a: expected a mapping, found nothing"}},
      {"/inputs",
       R"({"a":{"type":"int","default":3}})",
       {"/inputs/a/type", "inputs.a.type: there is no \"int\"; known: string, integer, number, boolean"}},
      {"/inputs",
       R"({"a":{"type":"integer","default":"3"}})",
       {"/inputs/a/default", "inputs.a.default: expected a whole number, found the text \"3\""}},
      {"/inputs",
       R"({"a":{"default":[]}})",
       {"/inputs/a/default", "inputs.a.default: expected a text, a number, true or false, found a list"}},
      {"/inputs",
       R"({"a":{"default":"x","required":true}})",
       {"/inputs/a/default", "inputs.a.default: a required input has no use for a default"}},
  };
  for (const Row& row : rows) {
    INFO(row.pointer << " = " << row.value);
    CHECK(problems_of(small_with(row.pointer, row.value)) == std::vector{row.problem});
  }
}

TEST_CASE("what is missing is said") {
  CHECK(problems_of(ordered_json::object()) ==
        std::vector<Problem>{
            {"", "name is missing: names the task and begins the ids of its runs"},
            {"", "goal is missing: what the agent has to do; {{inputs.NAME}} is replaced"},
            {"/model",
             "model.provider is missing: give it here, in config.yaml or with --model PROVIDER/NAME"}});
  CHECK(problems_of(small_with("/model", R"({"provider":"openai"})")) ==
        std::vector<Problem>{{"/model", "model.name is missing: say which model of openai"}});
  CHECK(problems_of(small_with("/model", R"({"provider":"scripted"})")) ==
        std::vector<Problem>{{"/model", "model.script is missing: the scripted model plays it"}});
  CHECK(problems_of(small_with("/model", R"({"provider":"openai","name":"m","script":[{}]})")) ==
        std::vector<Problem>{{"/model/script", "model.script is for provider: scripted alone"}});
  const auto beside = problems_of(small_with("/model", R"({"provider":"x","fallbacks":[{"name":"m"}]})"));
  CHECK(std::count(beside.begin(), beside.end(),
                   Problem{"/model/fallbacks/0", "model.fallbacks.0.provider is missing: give it here"}) ==
        1);
}

TEST_CASE("what is no task at all is refused") {
  for (const char* text : {"", "{", "[]", "null", "7", "\"name\"", "{\"name\":1e999}"}) {
    std::vector<Problem> problems;
    task_from_json(text, problems);
    INFO(text);
    CHECK(problems.size() == 1);
  }
  std::vector<Problem> problems;
  std::string deep = "[]";
  for (int i = 0; i < 10'000; ++i) deep = "[" + deep + "]";
  task_from_json(R"({"name":"t","goal":"g","unknown":)" + deep + R"(,"model":{"extra":{"a":)" + deep + "}}}",
                 problems);
  CHECK(problems == std::vector<Problem>{{"", "this is not JSON, or nested too deep"}});
}

namespace {

/// Every pointer of the schema's properties, tools by their names.
void collect(const ordered_json& schema, const std::string& pointer, std::vector<std::string>& pointers) {
  if (!schema.contains("properties")) return;
  for (const auto& [key, member] : schema["properties"].items()) {
    const std::string below = pointer + "/" + key;
    pointers.push_back(below);
    collect(member, below, pointers);
  }
}

}  // namespace

TEST_CASE("a long list of small objects is read in one go", "[task]") {
  std::string list = "{}";
  list.reserve(1'000'000);
  for (int i = 1; i < 200'000; ++i) list += ",{}";
  std::vector<Problem> problems;
  task_from_json(R"({"name":"t","goal":"g","unknown":[)" + list + "]}", problems);
  CHECK_FALSE(problems.empty());
}

TEST_CASE("parser and schema know the same keys") {
  const auto schema = ordered_json::parse(task_json_schema());
  std::vector<std::string> pointers;
  collect(schema, "", pointers);
  collect(schema["properties"]["inputs"]["additionalProperties"], "/inputs/x", pointers);
  collect(schema["properties"]["tools"]["items"]["oneOf"][1], "/tools/0", pointers);
  CHECK(pointers.size() == 98);
  for (const std::string& pointer : pointers) {
    ordered_json task = small();
    if (pointer.starts_with("/tools/0")) task["tools"] = ordered_json::array({ordered_json::object()});
    task[ordered_json::json_pointer(pointer)] = nullptr;
    for (const Problem& problem : problems_of(task)) {
      INFO(pointer << ": " << problem.message);
      CHECK(problem.message.find("unknown") == std::string::npos);
    }
  }
  CHECK(schema["required"] == ordered_json::array({"name", "goal"}));
  CHECK(schema["properties"]["limits"]["properties"]["steps"] ==
        ordered_json::parse(R"({"description":"model replies; null for no limit","type":["integer","null"],)"
                            R"("minimum":1,"default":50})"));
}
