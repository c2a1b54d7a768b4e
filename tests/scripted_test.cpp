#include "core/model/scripted.h"

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/fake_stop.h"

namespace agentd {
namespace {

struct Script {
  std::string script;
  Inputs inputs = {};
  std::vector<Message> messages = {};

  ModelResult ask(const Stop& stop = NeverStop()) const {
    const ModelSetup setup{.provider = "scripted", .name = "demo", .script = script};
    return make_scripted_model(setup, inputs)->ask({setup, "run", "system", {}, messages}, stop);
  }
};

Message user() {
  return {.role = Role::User, .text = "goal"};
}
Message reply() {
  return {.role = Role::Assistant};
}
Message result(std::string text) {
  return {.role = Role::Tool, .text = std::move(text)};
}

std::string refusal(const std::string& script) {
  try {
    make_scripted_model({.script = script}, {});
    return "accepted";
  } catch (const Error& error) {
    CHECK(error.exit() == Exit::Usage);
    return error.what();
  }
}

constexpr char kWordCount[] = R"([
  {"say": "Count {{inputs.file}}.", "call": {"shell": {"command": "wc -w < {{inputs.file}}", "n": 1}}},
  {"calls": [{"read_file": {"path": "a", "list": ["{{observations[0]}}"]}}, {"look": null}]},
  {"answer": "{{inputs.file}} has {{ observations[0] }} words, {{observations[2]}}."}])";

}  // namespace

TEST_CASE("a turn's calls come with what it says, in order, templates replaced") {
  Script script{kWordCount, {{"file", "x.txt"}}, {user()}};
  CHECK(std::get<ModelReplied>(script.ask()) ==
        ModelReplied{.text = "Count x.txt.",
                     .calls = {{"", "shell", R"({"command":"wc -w < x.txt","n":1})"}},
                     .usage = {.input = 3, .output = 13},
                     .cost_usd = 0.0,
                     .provider = "scripted",
                     .model = "demo"});
  script.messages = {user(), reply(), result("7")};
  CHECK(std::get<ModelReplied>(script.ask()).calls ==
        std::vector<ToolCall>{{"", "read_file", R"({"path":"a","list":["7"]})"}, {"", "look", "{}"}});
}

TEST_CASE("an answer is computed from the inputs and the observations so far") {
  const Script script{kWordCount,
                      {{"file", "x.txt"}},
                      {user(), reply(), result("7"), reply(), result("no"), result("{{inputs.file}}")}};
  const auto answer = std::get<ModelReplied>(script.ask());
  CHECK(answer.text == "x.txt has 7 words, {{inputs.file}}.");
  CHECK(answer.calls.empty());
}

TEST_CASE("an answer may be a value, given as JSON") {
  const Script script{R"([{"answer": {"words": 7, "file": "{{inputs.file}}"}}])", {{"file", "x"}}, {user()}};
  CHECK(std::get<ModelReplied>(script.ask()).text == R"({"words":7,"file":"x"})");
}

TEST_CASE("messages of people do not move the script on") {
  const Script script{kWordCount, {{"file", "x"}}, {user(), user(), user()}};
  CHECK(std::get<ModelReplied>(script.ask()).text == "Count x.");
}

TEST_CASE("past its end a script fails for good") {
  const Script script{R"([{"answer": "done"}])", {}, {user(), reply(), user()}};
  CHECK(std::get<ModelFailed>(script.ask()) ==
        ModelFailed{.reason = "script", .message = "the script has no turn 2: it ends without an answer"});
}

TEST_CASE("a template that names nothing fails for good and says which turn it is in") {
  const auto message = [](const std::string& text) {
    const auto failed =
        std::get<ModelFailed>(Script{R"([{"answer": ")" + text + R"("}])", {}, {user()}}.ask());
    CHECK(failed.reason == "script");
    CHECK_FALSE(failed.retryable);
    return failed.message;
  };
  CHECK_THAT(message("{{observations[0]}}"), ContainsSubstring("turn 1 of the script: {{observations[0]}}"));
  CHECK_THAT(message("{{inputs.nothing}}"), ContainsSubstring("{{inputs.nothing}}"));
}

TEST_CASE("a stopped invocation gets no turn") {
  FakeStop stop;
  stop.signal();
  CHECK(std::holds_alternative<Interrupted>(Script{kWordCount, {{"file", "x"}}, {user()}}.ask(stop)));
}

TEST_CASE("a script that cannot be played is refused before the run, with its place") {
  const std::string form = ": a turn is `answer`, or `call` or `calls` with or without `say`";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "model.script: a scripted model needs a list of turns"},
      {"[]", "model.script: a scripted model needs a list of turns"},
      {"{}", "model.script: a scripted model needs a list of turns"},
      {"[1]", "model.script[0]" + form},
      {R"([{}])", "model.script[0]" + form},
      {R"([{"say":"a"}])", "model.script[0]" + form},
      {R"([{"answer":"a"},{"answer":"a","say":"b"}])", "model.script[1]" + form},
      {R"([{"answer":"a","call":{"x":{}}}])", "model.script[0]" + form},
      {R"([{"call":{"x":{}},"calls":[{"x":{}}]}])", "model.script[0]" + form},
      {R"([{"calls":[]}])", "model.script[0]" + form},
      {R"([{"say":1,"call":{"x":{}}}])", "model.script[0].say" + form},
      {R"([{"calls":{"x":{}}}])", "model.script[0].calls" + form},
      {R"([{"cal":{"x":{}}}])", "model.script[0].cal" + form},
      {R"([{"call":{}}])", "model.script[0].call: a call is one tool with its arguments: {TOOL: {…}}"},
      {R"([{"call":{"x":{},"y":{}}}])",
       "model.script[0].call: a call is one tool with its arguments: {TOOL: {…}}"},
      {R"([{"call":"x"}])", "model.script[0].call: a call is one tool with its arguments: {TOOL: {…}}"},
      {R"([{"calls":[{"x":"ls"}]}])", "model.script[0].calls.x: the arguments must be a mapping"}};
  for (const auto& [script, message] : cases) CHECK(refusal(script) == message);
}

}  // namespace agentd
