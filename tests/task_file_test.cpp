#include "cli/task_file.h"

#include "core/error.h"
#include "core/task_json.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"
#include "tests/support/variable.h"

using namespace agentd;

namespace {

const std::string kModel = "model: {provider: scripted, script: [{answer: a}]}\n";

std::string error_of(const std::string& file, const Config& config = {},
                     const std::optional<std::string>& model = std::nullopt) {
  try {
    read_task_file(file, config, model);
  } catch (const Error& error) {
    CHECK(error.exit() == Exit::Usage);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a task file is read, its instructions and workspace beside it") {
  const TempFolder folder;
  folder.write("how/to.md", "Be brief.\n");
  const std::string file = folder.write(
      "task.yaml",
      "name: t\ngoal: |\n  Do it.\ninstructions: how/to.md\nworkspace: .\ntools: [shell]\n" + kModel);
  CHECK(task_to_json(read_task_file(file, {})) ==
        R"({"name":"t","goal":"Do it.\n","instructions":"Be brief.\n",)"
        R"("model":{"provider":"scripted","script":[{"answer":"a"}]},"tools":["shell"],"workspace":")" +
            folder.path().string() + "\"}");
}

TEST_CASE("instructions are a path only where they look like one") {
  const TempFolder folder;
  for (const char* text : {"Be brief.", "either/or, both", "two\\nlines.md"}) {
    const std::string file =
        folder.write("task.yaml", "name: t\ngoal: g\ninstructions: \"" + std::string(text) + "\"\n" + kModel);
    INFO(text);
    CHECK(error_of(file).empty());
  }
  for (const char* text : {"gone.md", "my notes.txt", "a/b"}) {
    const std::string file =
        folder.write("task.yaml", "name: t\ngoal: g\ninstructions: " + std::string(text) + "\n" + kModel);
    CHECK(error_of(file) == file + ":3:1: instructions: cannot read " + (folder.path() / text).string() +
                                ": No such file or directory");
  }
}

TEST_CASE("all problems of a file are said at once, in its order, with their places") {
  const TempFolder folder;
  const std::string file = folder.write("task.yaml",
                                        "goal: Do {{inputs.x}}\n"
                                        "tools:\n"
                                        "  - shel\n"
                                        "  - {read_file: {timeout: 5}}\n"
                                        "  - qqqqqqq\n"
                                        "model: {provider: scripted, retries: -1,\n"
                                        "        script: [{answer: a}], temprature: 1}\n"
                                        "memory: {}\n");
  CHECK(error_of(file) ==
        file + ":1:1: name is missing: names the task and begins the ids of its runs\n" + file +
            ":1:1: goal: {{inputs.x}}: there is no such input\n" + file +
            ":3:5: tools: there is no \"shel\"; did you mean shell?\n" + file +
            ":4:18: tools.1.read_file.timeout: expected a duration (write 90s, 15m, 36h or 30d), found 5\n" +
            file +
            ":5:5: tools: there is no \"qqqqqqq\"; known: ask, edit_file, http_get, list, memory, memory_forget, "
            "memory_get, memory_save, memory_search, memory_update, read_file, search, shell, "
            "wait, write_file\n" +
            file + ":6:29: model.retries: expected a whole number from 0 to 20, found -1\n" + file +
            ":7:32: unknown key \"temprature\"; did you mean temperature?\n" + file +
            ":8:1: memory.namespace is missing: whose notes the run shares; {{inputs.NAME}} is replaced");
}

TEST_CASE("a file that is empty, missing, a folder or too large is refused") {
  const TempFolder folder;
  const std::string empty = folder.write("empty.yaml", "# nothing\n");
  CHECK(error_of(empty) == empty + ":1:1: the file is empty: a task has at least name, goal and model");
  const std::string list = folder.write("list.yaml", "- a\n");
  CHECK(error_of(list) == list + ":1:1: expected a mapping, found a list");
  CHECK(error_of("/nowhere/t.yaml") == "cannot read /nowhere/t.yaml: No such file or directory");
  CHECK(error_of(folder.path()) == folder.path().string() + " is a folder, not a file");
  CHECK_THAT(error_of(folder.write("large.yaml", std::string(1'000'001, ' '))),
             ContainsSubstring("larger than 1 MB"));
}

TEST_CASE("a task wins over the user's defaults, which keep what belongs to another provider to themselves") {
  const TempFolder folder;
  const Config config{"c", R"({"provider":"openai","name":"d","base_url":"http://x","retries":2})", {}};
  const auto model_of = [&](const std::string& model) {
    return read_task_file(folder.write("task.yaml", "name: t\ngoal: g\n" + model), config).model;
  };
  ModelSetup expected{.provider = "openai", .name = "d", .base_url = "http://x", .retries = 2};
  CHECK(model_of("") == expected);
  expected.name = "e";
  CHECK(model_of("model: {name: e}\n") == expected);
  CHECK(model_of("model: {provider: anthropic, name: c}\n") ==
        ModelSetup{.provider = "anthropic", .name = "c", .retries = 2});
}

TEST_CASE("--model wins over the file, and needs none there") {
  const TempFolder folder;
  const std::string file =
      folder.write("task.yaml", "name: t\ngoal: g\nmodel: {provider: scripted, script: [{}], retries: 1}\n");
  CHECK(read_task_file(file, {}, "openai/a/b").model ==
        ModelSetup{.provider = "openai", .name = "a/b", .retries = 1});
  const std::string bare = folder.write("bare.yaml", "name: t\ngoal: g\n");
  CHECK(read_task_file(bare, {}, "openai/m").model == ModelSetup{.provider = "openai", .name = "m"});
  CHECK(error_of(bare, {}, "opnai/m") ==
        "--model opnai/m: model.provider: there is no \"opnai\"; did you mean openai?");
  const Task task = read_task_file(file, {});
  CHECK(with_model(task, "gemini/g").model == ModelSetup{.provider = "gemini", .name = "g", .retries = 1});
  CHECK_THROWS_WITH(with_model(read_task_file(bare, {}, "openai/m"), "scripted/x"),
                    "--model scripted/x: model.script is missing: the scripted model plays it");
}

TEST_CASE("config.yaml holds a model's defaults and prices; its problems name it") {
  const TempFolder folder;
  const Variable home("XDG_CONFIG_HOME", folder.path().c_str());
  CHECK(read_config().model_json.empty());
  const std::string file =
      folder.write("agentd/config.yaml",
                   "model: {provider: openai, timeout: 9s}\n"
                   "prices:\n"
                   "  - {pattern: \"openai/*\", input: 1, output: 2.5, cache_read: 0.1}\n");
  const Config config = read_config();
  CHECK(config.path == file);
  CHECK(config.model_json == R"({"provider":"openai","timeout":"9s"})");
  CHECK(config.prices == std::vector<Price>{{"openai/*", 1, 0.1, 1, 2.5}});

  folder.write(
      "agentd/config.yaml",
      "modl: {}\nmodel: {timeout: 9}\npermissions: [{ask: 7}]\nprices: [{pattern: x, input: -1}, 7]\n");
  CHECK_THROWS_WITH(
      read_config(),
      file + ":1:1: unknown key \"modl\"; did you mean model?\n" + file +
          ":2:9: model.timeout: expected a duration (write 90s, 15m, 36h or 30d), found 9\n" + file +
          ":3:16: permissions.0.ask: expected TOOL or TOOL(VALUE), as shell(git push*), found 7\n" + file +
          ":4:10: prices.0.output is missing: USD per million tokens\n" + file +
          ":4:23: prices.0.input: expected a number of at least 0.0, found -1\n" + file +
          ":4:35: prices.1: expected a mapping, found 7");
  folder.write("agentd/config.yaml", "");
  CHECK(read_config().prices.empty());
}

TEST_CASE("what is wrong with a tool's templates is said with its place") {
  const TempFolder folder;
  const std::string file =
      folder.write("task.yaml", "name: t\ngoal: g\n" + kModel +
                                    "tools:\n"
                                    "  - exec: {name: a, description: d, command: [p, '{{x}}'],\n"
                                    "           check: [c, '{{other}}'], parameters: {properties: {x: {}}}}\n"
                                    "  - http: {name: b, description: d, url: 'https://{{h}}/',\n"
                                    "           headers: {'A/~': '{{z}}'}}\n"
                                    "  - http_get: {allow: [10.0.0.0/8, 'http://a']}\n");
  CHECK(error_of(file) ==
        file + ":6:23: tools: a: {{other}}: `parameters` has no such property\n" + file +
            ":7:37: tools: b: url: arguments can stand in the path and the query alone, not in scheme, host or "
            "port\n" +
            file + ":7:37: tools: b: {{h}}: `parameters` has no such property\n" + file +
            ":8:22: tools: b: {{z}}: `parameters` has no such property\n" + file +
            ":8:22: tools: b: headers: 'A/~' is no name of a header\n" + file +
            ":9:36: tools: http_get: allow: must be a host, host:port, an address or a network such as "
            "10.0.0.0/8, not 'http://a'");
}

TEST_CASE("without a home there is no configuration") {
  const Variable config("XDG_CONFIG_HOME", nullptr);
  const Variable home("HOME", nullptr);
  CHECK(read_config().model_json.empty());
}
