#include "core/event.h"

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tests/support/story.h"

using namespace agentd;

namespace {

/// One of each kind with every field set, and one with none.
std::vector<Event> all_kinds() {
  RunStarted start = a_start();
  start.inputs = {{"file", "a.txt"}};
  ModelReplied reply = a_reply({a_call("look"), {"", "put", "not json"}}, "Let me see.");
  reply.model = "m-1";
  reply.provider_content = R"([{"type":"thinking"}])";
  ModelReplied rejected = a_reply({}, "Seven.");
  rejected.unfinished = true;
  rejected.fallback = 2;
  rejected.cached = true;
  rejected.rejected = "invalid_answer";
  rejected.complaint = "Reply with JSON.";
  ModelFailed second{"overloaded", "busy", true, std::nullopt, {}, 0.0};
  second.fallback = 1;
  RunStarted many = start;
  many.task.model.fallbacks = {{.provider = "openai", .name = "b", .tool_calling = "text"}};
  many.task.output.schema = R"({"type":"object"})";
  many.text_protocol = "Write Thought, then Action.";
  TaskUpdated told{many.task, {}, "Count.", {}, "", many.text_protocol};
  RunStarted served = start;
  served.tools = {{"fs__read", "Reads.", "{}", Effect::Read, "fs", "read file"}};
  served.task.permissions = {{"ask", "fs__*(path=/etc/*)"}, {"allow", "*"}};
  served.task.verify = {{"test -s a", 2, 1500}, {.shell = "make"}};
  ToolFinished child{{3, 4}, {Outcome::Ok, "done", ""}, 9};
  child.spent = Spent{{1, 2, 3, 4}, 5, 0.5};
  ToolFinished unpriced = child;
  unpriced.spent = Spent{{}, 1, std::nullopt};
  TaskUpdated update{start.task, start.inputs, "Count.", start.tools, "The goal has changed."};
  return {start,
          an_invocation(),
          InvocationStarted{},
          reply,
          ModelReplied{},
          ModelFailed{"rate_limit", "slow down", true, 1500, {1, 2, 3, 4}, std::nullopt},
          ModelFailed{"auth", "wrong key", false, std::nullopt, {}, 0.0},
          ToolStarted{{3, 1}, "look"},
          ToolFinished{{3, 2}, {Outcome::Unknown, "a\nb \"c\" ä", "outputs/3.2.txt"}, 12},
          ToolFinished{{3, 3}, {Outcome::Ok, "", ""}, 0},
          UserSaid{"hurry", "letter-1"},
          update,
          Suspended{"rate_limit", 1'000'500, "slow down"},
          Suspended{"signal", std::nullopt, ""},
          Completed{"42"},
          Failed{"auth", "wrong key", true},
          Cancelled{"letter-2"},
          LimitReached{"steps", "used up"},
          many,
          rejected,
          second,
          told,
          ApprovalRequested{{3, 1}, "put"},
          ApprovalGiven{{3, 1}, true, "", "letter-3"},
          ApprovalGiven{{3, 2}, false, "not \x1b[1mthat\u20ac", ""},
          QuestionAsked{{3, 3}, "Which\none?"},
          TimerSet{{3, 4}, 1'700'000'000'123},
          served,
          child,
          unpriced,
          ToolFinished{{3, 5}, {Outcome::Denied, "no", ""}, 0},
          Suspended{"approval", std::nullopt, "call 3.1 needs an approval"},
          Suspended{"question", 1'000'500, "call 3.3 needs an answer"},
          Recalled{"<memory>\n[3] tides\n</memory>", {3, 8}, "quantum", Spent{.cost_usd = 2e-6}},
          Compacted{.messages = 12, .cleared = "[{{tool}}: {{bytes}}]", .kept = "[{{output}}]"},
          Compacted{.messages = 30,
                    .summary = "All went well.\n> Hurry.",
                    .said = "> Hurry.",
                    .usage = {10, 20, 0, 30},
                    .cost_usd = 0.5,
                    .model = "m",
                    .duration_ms = 900,
                    .fallback = 1}};
}

}  // namespace

TEST_CASE("every kind of event reads back as it was written") {
  for (const Event& event : all_kinds())
    CHECK(event_from_json(kind_of(event), to_json(Record{1, 2, 3, event})) == event);
}

TEST_CASE("every kind of event is stored as the golden file shows") {
  std::string lines;
  std::int64_t seq = 0;
  for (const Event& event : all_kinds()) lines += to_json_line({++seq, 1000, 3, event}) + "\n";
  CHECK(golden("events.jsonl", lines) == lines);
}

TEST_CASE("invalid UTF-8 is replaced, not refused") {
  const std::string json = to_json(Record{1, 2, 3, UserSaid{"a\xFF", ""}});
  CHECK(event_from_json("user_said", json) == Event{UserSaid{"a\xEF\xBF\xBD", ""}});
}

TEST_CASE("an unknown kind and a damaged object are errors of storage") {
  CHECK_THROWS_WITH(event_from_json("dreamt", "{}"), ContainsSubstring("unknown kind 'dreamt'"));
  for (const char* bad : {"", "{", "[]", "{\"call\":1}", "{\"call\":\"x\",\"outcome\":\"ok\",\"text\":\"\"}",
                          "{\"call\":\"1.1\",\"outcome\":\"odd\",\"text\":\"\"}", "{\"call\":\"1.1\"}"})
    CHECK_THROWS_AS(event_from_json("tool_finished", bad), Error);
}

TEST_CASE("what people and clocks had to say is not guessed where it is damaged") {
  const std::vector<std::pair<const char*, std::vector<const char*>>> rows{
      {"approval_requested", {"{}", R"({"call":1})", R"({"call":"1"})", R"({"call":"1.1","tool":7})"}},
      {"approval_given",
       {"{}", R"({"approved":true})", R"({"call":"1.1"})", R"({"call":"1.1","approved":"yes"})",
        R"({"call":"1.1","approved":1})", R"({"call":"1.1","approved":true,"why":[]})"}},
      {"question_asked", {"{}", R"({"call":"x","question":"?"})", R"({"call":"1.1","question":{}})"}},
      {"timer_set", {"{}", R"({"call":"1.1","until_ms":"soon"})"}},
      {"tool_finished", {R"({"call":"1.1","outcome":"ok","text":"","spent":{"model_calls":"x"}})"}}};
  for (const auto& [kind, damaged] : rows)
    for (const char* data : damaged) {
      INFO(kind << " " << data);
      CHECK_THROWS_AS(event_from_json(kind, data), Error);
    }
}

TEST_CASE("a field that an older agentd did not write has its default") {
  CHECK(event_from_json("suspended", R"({"reason":"signal"})") ==
        Event{Suspended{"signal", std::nullopt, ""}});
  CHECK(event_from_json("tool_started", R"({"call":"2.1"})") == Event{ToolStarted{{2, 1}, ""}});
}
