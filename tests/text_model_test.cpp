#include "core/model/text_model.h"

#include <nlohmann/json.hpp>

#include "core/never_stop.h"
#include "tests/support/catch.h"

using namespace agentd;

namespace {

const std::vector<ToolSpec> kTools = {
    {"shell", "Runs a command.",
     R"({"type":"object","properties":{"command":{"type":"string"}},"required":["command"]})"},
    {"put", "Puts.",
     R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["a","b"]})"}};

ModelReplied read(const std::string& text) {
  return read_text_reply({.text = text}, kTools);
}

/// Everything that was understood, in a line.
std::string summary(const std::string& text) {
  const ModelReplied reply = read(text);
  std::string line = reply.text;
  for (const ToolCall& call : reply.calls) line += " | " + call.name + " " + call.arguments;
  if (!reply.rejected.empty()) line += " ! " + reply.complaint.substr(0, 40);
  return line;
}

}  // namespace

TEST_CASE("what small models really write is understood") {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"Thought: Look.\nAction: shell\nAction Input: {\"command\": \"ls\"}",
       R"(Look. | shell {"command": "ls"})"},
      {"Thought: Look.\nFinal Answer: 42", "42"},
      {"Final Answer: two\nlines\n", "two\nlines"},
      {"## Final Answer\n42", "42"},
      {"**Thought:** Look.\n**Action:** `shell`\n**Action Input:** {\"command\":\"ls\"}",
       R"(Look. | shell {"command":"ls"})"},
      {"thought: a\naction: shell\naction input:\n```json\n{\"command\":\n \"ls\"}\n```",
       "a | shell {\"command\":\n \"ls\"}"},
      {"Action 1: shell\nAction Input 1: {\"command\":\"a\"}\nAction 2: shell\nAction Input 2: "
       "{\"command\":\"b\"}",
       R"( | shell {"command":"a"} | shell {"command":"b"})"},
      {"Action: shell\nAction Input: {\"command\":\"ls\"}\nObservation: a.txt\nThought: Good.\nFinal Answer: "
       "1",
       R"( | shell {"command":"ls"})"},
      {"Action: shell\nAction Input: {\"command\":\"ls\"}\nFinal Answer: 1", R"( | shell {"command":"ls"})"},
      {"Action: shell\nAction Input: ls -l", R"( | shell {"command":"ls -l"})"},
      {"Action: shell(\"ls\")\nAction Input: {\"command\":\"ls\"}", R"( | shell {"command":"ls"})"},
      {"Action: shell({\"command\":\"ls\"})", R"( | shell {"command":"ls"})"},
      {"Action: [shell]\nAction Input: {\"command\":\"ls\"}", R"( | shell {"command":"ls"})"},
      {"Action: {\"name\":\"shell\",\"arguments\":{\"command\":\"ls\"}}", R"( | shell {"command":"ls"})"},
      {"Action:\n```\n{\"action\":\"shell\",\"action_input\":\"ls\"}\n```", R"( | shell {"command":"ls"})"},
      {"I look.\n<tool_call>{\"name\":\"shell\",\"arguments\":{\"command\":\"ls\"}}</tool_call>",
       R"(I look. | shell {"command":"ls"})"},
      {"Action: shell\nAction Input: {\"command\":\"a\nb\",}", R"( | shell {"command":"a\nb"})"},
      {"Action: shell\nAction Input: {\"command\":\"}\\\"\"} and so on", R"( | shell {"command":"}\""})"},
      {"Action: Final Answer\nAction Input: 42", "42"},
      {"{\"action\":\"Final Answer\",\"action_input\":\"42\"}", "42"},
      {"<think>Action: fire?</think>\nFinal Answer: 42", "42"},
      {"Action: shell\nAction Input: {\"command\":\"a\"}\nObservation of shell: (made up)\nAction: shell\n"
       "Action Input: {\"command\":\"rm b\"}",
       R"( | shell {"command":"a"})"},
      {"Answer: not known yet\nAction: shell\nAction Input: {\"command\":\"a\"}",
       R"(Answer: not known yet | shell {"command":"a"})"},
      {"Action: list", " ! The Action 'list' has no Action Input. W"},
      {"Action: put\nAction Input: a and b", " ! The Action Input of 'put' is not one JSO"},
      {"Action: shell\nAction Input: {\"command\":", " ! The Action Input of 'shell' is not one J"},
      {"I am not sure.", "I am not sure. ! Your reply has neither an Action nor a F"},
      {"Thought: hm", "hm ! Your reply has neither an Action nor a F"},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    CHECK(summary(text) == expected);
  }
}

TEST_CASE("no reply, however it is cut, is more than calls, an answer or a complaint") {
  const std::string text =
      "<think>x</think>**Thought:** a\nAction 1: `shell`\nAction Input: ```json\n{\"command\": "
      "\"l\\\"s\"}\n```\n"
      "Observation: {\"x\": 1}\n## Final Answer\n{\"name\":\"shell\",\"arguments\":{\"command\":\"ls\"}}";
  for (std::size_t begin = 0; begin < text.size(); begin += 3)
    for (std::size_t end = begin; end < text.size(); ++end) {
      const ModelReplied reply = read(text.substr(begin, end - begin));
      const int kinds = (reply.calls.empty() ? 0 : 1) + (reply.rejected.empty() ? 0 : 1);
      if (kinds > 1) FAIL_CHECK("from " << begin << " to " << end);
      if (!nlohmann::json::accept(reply.provider_content)) FAIL_CHECK("from " << begin << " to " << end);
    }
}

TEST_CASE("invented results are not shown to the model again") {
  const ModelReplied reply =
      read("Thought: Look.\nAction: shell\nAction Input: {\"command\":\"ls\"}\nObservation: made up\n");
  CHECK(reply.provider_content ==
        nlohmann::json("Thought: Look.\nAction: shell\nAction Input: {\"command\":\"ls\"}").dump());
}

namespace {

struct Heard {
  std::string system;
  std::vector<Message> messages;
  std::size_t tools = 0;
};

/// Remembers what it was asked and says what it was told to.
class Parrot : public Model {
 public:
  Parrot(Heard& heard, std::string text) : heard_(heard), text_(std::move(text)) {}
  ModelResult ask(const ModelRequest& request, const Stop&) override {
    heard_ = {std::string(request.system),
              {request.messages.begin(), request.messages.end()},
              request.tools.size()};
    return ModelReplied{.text = text_, .provider = "openai"};
  }

 private:
  Heard& heard_;
  std::string text_;
};

}  // namespace

TEST_CASE("a text model is shown text alone, in alternating roles, the same bytes for ever") {
  Heard heard;
  const auto model = make_text_model(
      std::make_unique<Parrot>(heard, "Thought: Go on.\nAction: shell\nAction Input: {\"command\":\"ls\"}"));
  const ModelSetup setup{.provider = "openai", .name = "m"};
  const std::string protocol = render_text_protocol(kTools);
  std::vector<Message> messages{{.role = Role::User, .text = "Count."}};
  const auto ask = [&] {
    return std::get<ModelReplied>(model->ask({.setup = setup,
                                              .run = "run",
                                              .system = "Be brief.",
                                              .tools = kTools,
                                              .messages = messages,
                                              .text_protocol = protocol},
                                             NeverStop()));
  };
  const ModelReplied reply = ask();
  CHECK(heard.system == "Be brief.\n\n" + protocol);
  CHECK(heard.tools == 0);
  CHECK(reply.calls == std::vector<ToolCall>{{"", "shell", R"({"command":"ls"})"}});

  messages.push_back({.role = Role::Assistant,
                      .text = reply.text,
                      .calls = reply.calls,
                      .provider = reply.provider,
                      .provider_content = reply.provider_content});
  messages.push_back({.role = Role::Tool, .text = "a.txt", .call = {"", "shell", ""}});
  messages.push_back({.role = Role::User, .text = "Hurry."});
  messages.push_back({.role = Role::Assistant,
                      .text = "Both.",
                      .calls = {{"1", "shell", "{}"}, {"2", "put", "{}"}},
                      .provider = "anthropic"});
  messages.push_back({.role = Role::Tool, .text = "one", .call = {"1", "shell", ""}});
  messages.push_back({.role = Role::Tool, .text = "two", .call = {"2", "put", ""}});
  ask();
  std::vector<std::string> texts;
  for (const Message& message : heard.messages) texts.push_back(message.text);
  CHECK(texts == std::vector<std::string>{
                     "Count.", "Thought: Go on.\nAction: shell\nAction Input: {\"command\":\"ls\"}",
                     "Observation: a.txt\n\nHurry.",
                     "Thought: Both.\nAction: shell\nAction Input: {}\nAction: put\nAction Input: {}\n",
                     "Observation of shell: one\n\nObservation of put: two"});
}
