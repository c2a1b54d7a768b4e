#include "core/mask.h"

#include "core/loop.h"
#include "core/secret_filter.h"
#include "core/task_json.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_journal.h"

namespace agentd {
namespace {

const std::string kCanary = "canary-0123456789";
const Secrets kSecrets({kCanary, "a\"quoted\\key", "schlüssel"});

std::string masked(const std::string& text) {
  const std::string once = mask(text, kSecrets);
  CHECK(mask(once, kSecrets) == once);
  return once;
}

}  // namespace

TEST_CASE("a secret is masked however JSON writes it, and the rest keeps its bytes", "[secrets]") {
  const std::pair<std::string, std::string> cases[] = {
      {"echo canary-0123456789", "echo [secret]"},
      {R"({"a": "echo \u0063anary-0123456789", "n":1})", R"({"a": "echo [secret]", "n":1})"},
      {R"({"a":"{\"b\":\"\\u0063\\u0061nary-0123456789\"}"})", R"({"a":"{\"b\":\"[secret]\"}"})"},
      {R"({"\u0063anary-0123456789":[1,"canary\u002d0123456789"]})", R"({"[secret]":[1,"[secret]"]})"},
      {R"(["a\"quoted\\key"])", R"(["[secret]"])"},
      {R"(Action Input: {"a": "\u0063anary-0123456789"})", R"(Action Input: {"a": "[secret]"})"},
      {R"(["schl\u00fcssel","schl\u00FCssel"])", R"(["[secret]","[secret]"])"},
      {R"("Y2FuYX\nJ5LTAxMj\nM0NTY3ODk=")", R"("[secret]k=")"},
      {"c%61nary%2D0123456789&b=%41", "[secret]&b=%41"},
      {R"({"u":"\u0063anary%2D012345678\u0039"})", R"({"u":"[secret]"})"},
  };
  for (const auto& [text, expected] : cases) CHECK(masked(text) == expected);
}

TEST_CASE("what hides no secret keeps its bytes", "[secrets]") {
  for (const std::string text : {R"({ "a" : "\u00e4\ud83c\udf0d\\" , "b" : 1.50 })", "\\", "\\u", "\\u00",
                                 "%", "%4", "100%\\", "\\x%zz", ""})
    CHECK(masked(text) == text);
}

TEST_CASE("what others wrote is masked in every kind of event, names and ids are not", "[secrets]") {
  const std::string said = "say " + kCanary, masked_text = "say [secret]";
  const auto with = [](const std::string& text) {
    ToolSpec spec;
    spec.name = kCanary;
    spec.description = spec.parameters = text;
    Task task;
    task.name = kCanary;
    task.goal = task.instructions = task.model.script = text;
    task.tools = {{.kind = "exec", .name = kCanary, .description = text, .parameters = text}};
    Task child;
    child.name = "child";
    child.goal = text;
    child.model = {.provider = "openai", .name = kCanary};
    task.tools.push_back({.kind = "agent", .name = kCanary, .task = task_to_json(child)});
    task.inputs = {{.name = kCanary, .default_value = text, .description = text}};
    return std::vector<Event>{
        RunStarted{.run = kCanary,
                   .task = task,
                   .inputs = {{"a", text}},
                   .goal = text,
                   .system = text,
                   .tools = {spec},
                   .text_protocol = text},
        InvocationStarted{.host = kCanary},
        ModelReplied{.text = text, .calls = {{text, text, text}}, .model = kCanary, .complaint = text},
        ModelFailed{.reason = kCanary, .message = text},
        ToolStarted{.tool = kCanary},
        ToolFinished{.result = {Outcome::Ok, text, kCanary}},
        ApprovalRequested{.tool = kCanary},
        ApprovalGiven{.why = text, .letter = kCanary},
        QuestionAsked{.question = text},
        TimerSet{},
        UserSaid{.text = text, .letter = kCanary},
        TaskUpdated{.task = task,
                    .inputs = {{"a", text}},
                    .goal = text,
                    .tools = {spec},
                    .note = text,
                    .text_protocol = text},
        Recalled{.text = text, .name = kCanary},
        Compacted{.summary = text, .said = text, .model = kCanary},
        Suspended{.reason = kCanary, .message = text},
        Completed{.result = text},
        Failed{.reason = kCanary, .message = text},
        Cancelled{.letter = kCanary},
        LimitReached{.limit = kCanary, .message = text}};
  };
  const std::vector<Event> clear = with(said), expected = with(masked_text);
  REQUIRE(clear.size() == std::variant_size_v<Event>);
  for (std::size_t i = 0; i < clear.size(); ++i) {
    INFO(kind_of(clear[i]));
    CHECK(clear[i].index() == i);
    for (Event event : {clear[i], expected[i]}) {
      mask(event, kSecrets);
      CHECK(event == expected[i]);
    }
  }
}

TEST_CASE("what a provider wrote is dropped where it holds a secret, and kept as it is where not",
          "[secrets]") {
  ModelReplied reply{.text = "Hi.", .provider_content = "[ \"a\",\n\n 1 ]"};
  const ModelReplied before = reply;
  mask(reply, kSecrets);
  CHECK(reply == before);
  reply.provider_content = R"(["\u0063anary-0123456789"])";
  mask(reply, kSecrets);
  CHECK(reply.provider_content.empty());
}

TEST_CASE("what is recorded, applied and told is masked alike", "[secrets]") {
  MemoryJournal journal;
  FakeClock clock(0);
  State state;
  std::vector<Record> told;
  Recorder recorder({journal, clock, &kSecrets}, state,
                    [&](const Record& record) { told.push_back(record); });
  recorder.stage(RunStarted{.run = "r", .goal = "Tell " + kCanary + "."});
  recorder.stage(InvocationStarted{});
  recorder.stage(ModelReplied{.calls = {{"1", "shell", R"({"command":"echo \u0063anary-0123456789"})"}}});
  recorder.commit();
  CHECK(state.goal == "Tell [secret].");
  CHECK(state.calls.at(0).call.arguments == R"({"command":"echo [secret]"})");
  CHECK(journal.records == told);
  CHECK(fold(journal) == state);
}

TEST_CASE("what becomes known for a secret is masked from then on, in a text that is under way too",
          "[secrets]") {
  Secrets secrets;
  SecretFilter filter(secrets);
  std::string text = filter.filter("token-0123 ");
  secrets.learn({"token-0123"});
  secrets.learn({});
  text += filter.filter("token-0123 tok");
  secrets.learn({"token-4567"});
  text += filter.filter("en-4567");
  CHECK(text + filter.flush() == "token-0123 [secret] [secret]");
}

}  // namespace agentd
