#include "core/state.h"

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/story.h"

using namespace agentd;

namespace {

Story begun() {
  return Story({a_start(), an_invocation()});
}

}  // namespace

TEST_CASE("what embeddings cost is of the run, and is no model call") {
  Story story({a_start(),
               Recalled{.text = "[1] tides", .notes = {1}, .name = "n", .spent = Spent{.cost_usd = 0.25}}});
  story.tell(a_reply({a_call("memory_search")}));
  const State before = story.state();
  story.tell(ToolStarted{{1, 1}, "memory_search"});
  ToolFinished found = a_result({1, 1}, "none");
  found.spent = Spent{.cost_usd = 0.5};
  story.tell(found);
  CHECK(*story.state().cost_usd == *before.cost_usd + 0.5);
  CHECK(*before.cost_usd >= 0.25);
  CHECK(story.state().usage == before.usage);
  CHECK(story.state().model_calls == 1);
  found.spent = Spent{.cost_usd = std::nullopt};
  story.tell(a_reply({a_call("memory_search")})).tell(ToolStarted{{2, 1}, "memory_search"});
  found.call = {2, 1};
  story.tell(found);
  CHECK_FALSE(story.state().cost_usd);
}

TEST_CASE("results enter the transcript together, in call order, and people's words after them") {
  Story story = begun();
  story.tell(a_reply({a_call("look"), a_call("fire")}, "Now."))
      .tell(ToolStarted{{1, 1}, "look"})
      .tell(ToolStarted{{1, 2}, "fire"})
      .tell(a_result({1, 2}, "second", Outcome::Unknown))
      .tell(UserSaid{"hurry", "l1"});
  CHECK(story.state().transcript.size() == 2);
  CHECK(story.state().calls.size() == 2);

  story.tell(a_result({1, 1}, "first"));
  const std::vector<Message> expected{
      {.role = Role::User, .text = "Count the words."},
      {.role = Role::Assistant,
       .text = "Now.",
       .calls = {a_call("look"), a_call("fire")},
       .provider = "scripted"},
      {.role = Role::Tool, .text = "first", .call = {"id-look", "look", ""}},
      {.role = Role::Tool, .text = "second", .call = {"id-fire", "fire", ""}, .is_error = true},
      {.role = Role::User, .text = "hurry"}};
  CHECK(story.state().transcript == expected);
  CHECK(story.state().calls.empty());
  CHECK(story.state().letters == std::set<std::string>{"l1"});
}

TEST_CASE("usage, cost and calls add up over replies and failures") {
  Story story = begun();
  story.tell(ModelFailed{"network", "cut", true, std::nullopt, {1, 0, 0, 1}, 0.5}).tell(a_reply({}, "42"));
  CHECK(story.state().usage == Usage{11, 5, 0, 4});
  CHECK(story.state().cost_usd == 0.75);
  CHECK(story.state().model_calls == 2);
  CHECK(story.state().models.at(0).failed_attempts == 0);
}

TEST_CASE("one unknown price makes the whole cost unknown") {
  Story story = begun();
  ModelReplied reply = a_reply({a_call("look")});
  reply.cost_usd = std::nullopt;
  story.tell(reply).tell(a_result({1, 1})).tell(a_reply({}));
  CHECK(story.state().cost_usd == std::nullopt);
}

TEST_CASE("retries wait longer each time, less some jitter, and as long as the server asks") {
  Story story = begun();
  for (const std::int64_t full : {500, 1000, 2000, 4000, 8000, 8000}) {
    const std::int64_t at = 1'000'000 + 1000 * story.state().seq;
    story.tell(ModelFailed{"overloaded", "", true, std::nullopt, {}, 0.0});
    CHECK(story.state().models.at(0).retry_at_ms - at <= full);
    CHECK(story.state().models.at(0).retry_at_ms - at >= full * 3 / 4);
  }
  const std::int64_t at = 1'000'000 + 1000 * story.state().seq;
  story.tell(ModelFailed{"rate_limit", "", true, 30'000, {}, 0.0});
  CHECK(story.state().models.at(0).retry_at_ms == at + 30'000);
}

TEST_CASE("an invocation is idle until a reply or a result; waits do not count, deadlines and signals do") {
  Story story = begun();
  CHECK(story.state().idle_invocations == 1);
  story.tell(Suspended{"deadline", std::nullopt, ""}).tell(an_invocation());
  CHECK(story.state().idle_invocations == 2);
  story.tell(Suspended{"signal", std::nullopt, ""}).tell(an_invocation());
  CHECK(story.state().idle_invocations == 3);
  story.tell(Suspended{"outage", 2'000'000, ""}).tell(an_invocation());
  CHECK(story.state().idle_invocations == 3);
  story.tell(a_reply({a_call("look")}));
  CHECK(story.state().idle_invocations == 0);
}

TEST_CASE("an invocation that a person sent away while they were asked is not idle") {
  Story story = begun();
  story.tell(a_reply({a_call("put")})).tell(ApprovalRequested{{1, 1}, "put"});
  for (int i = 0; i < 20; ++i) story.tell(Suspended{"signal", std::nullopt, ""}).tell(an_invocation());
  CHECK(story.state().idle_invocations == 1);
}

TEST_CASE("people, clocks and children leave their marks in the state") {
  Story story = begun();
  story.tell(a_reply({a_call("put"), a_call("ask"), a_call("wait"), a_call("child")}))
      .tell(ApprovalRequested{{1, 1}, "put"})
      .tell(ApprovalGiven{{1, 1}, false, "no", "l1"})
      .tell(QuestionAsked{{1, 2}, "Red?"})
      .tell(TimerSet{{1, 3}, 5'000'000})
      .tell(UserSaid{"blue", "l2"})
      .tell(UserSaid{"hurry", "l3"});
  ToolFinished child = a_result({1, 4});
  child.spent = Spent{{100, 10, 1, 1000}, 7, 1.5};
  story.tell(child);
  const std::vector<CallState> expected{
      {.id = {1, 1}, .call = a_call("put"), .approval = Approval::Refused, .why = "no"},
      {.id = {1, 2},
       .call = a_call("ask"),
       .status = CallStatus::Asking,
       .question = "Red?",
       .answer = "blue"},
      {.id = {1, 3}, .call = a_call("wait"), .status = CallStatus::Waiting, .until_ms = 5'000'000},
      {.id = {1, 4}, .call = a_call("child"), .status = CallStatus::Done, .result = child.result}};
  CHECK(story.state().calls == expected);
  CHECK(story.state().said == std::vector<Message>{{.role = Role::User, .text = "hurry"}});
  CHECK(story.state().letters == std::set<std::string>{"l1", "l2", "l3"});
  CHECK(story.state().usage == Usage{110, 15, 1, 1003});
  CHECK(story.state().model_calls == 8);
  CHECK(story.state().cost_usd == 1.75);
  child.call = {1, 3};
  child.spent->cost_usd = std::nullopt;
  CHECK(story.tell(child).state().cost_usd == std::nullopt);
}

TEST_CASE("what can be mended is lifted by the next invocation, what is over stays over") {
  for (const Event& ending : {Event{Failed{"auth", "", true}}, Event{LimitReached{"steps", ""}}}) {
    Story story = begun();
    story.tell(ending).tell(an_invocation());
    CHECK(story.state().ending == std::nullopt);
  }
  for (const Event& ending : {Event{Completed{"42"}}, Event{Cancelled{""}}}) {
    Story story = begun();
    story.tell(ending);
    CHECK_THROWS_AS(story.tell(an_invocation()), Error);
  }
}

TEST_CASE("an order of events that cannot be is damage") {
  const std::vector<std::vector<Event>> impossible{
      {an_invocation()},                                                     // nothing has begun
      {a_start(), a_start()},                                                // begun twice
      {a_start(), an_invocation(), a_reply({a_call("look")}), a_reply({})},  // a call without its result
      {a_start(), an_invocation(), a_reply({}), a_reply({})},                // after the answer
      {a_start(), an_invocation(), a_result({1, 1})},                        // nobody asked
      {a_start(), an_invocation(), a_reply({a_call("look"), a_call("put")}), a_result({1, 1}),
       a_result({1, 1})},
      {a_start(), an_invocation(), a_reply({a_call("look")}), ToolStarted{{1, 2}, "look"}},
      {a_start(), an_invocation(), Completed{"42"}, UserSaid{"more", ""}},
      {a_start(), an_invocation(), ApprovalRequested{{1, 1}, "put"}},  // of no call
      {a_start(), an_invocation(), ApprovalGiven{{1, 1}, true, "", ""}},
      {a_start(), an_invocation(), a_reply({a_call("put"), a_call("put")}), a_result({1, 1}),
       ApprovalGiven{{1, 1}, true, "", ""}},
      {a_start(), an_invocation(), a_reply({a_call("ask")}), QuestionAsked{{1, 2}, "?"}},
      {a_start(), an_invocation(), a_reply({a_call("wait")}), TimerSet{{2, 1}, 0}},
  };
  for (const auto& events : impossible) CHECK_THROWS_AS(Story(events), Error);
  State state;
  CHECK_THROWS_WITH(state.apply({2, 0, 0, a_start()}), ContainsSubstring("follows seq 0"));
}

TEST_CASE("what a provider hid goes with the tools that it was said with") {
  Story story = begun();
  ModelReplied reply = a_reply({a_call("look")});
  reply.provider_content = "[{}]";
  TaskUpdated same{a_start().task, {}, "Count.", a_start().tools, ""};
  story.tell(reply).tell(a_result({1, 1})).tell(same);
  CHECK(story.state().transcript.at(1).provider_content == "[{}]");
  TaskUpdated other = same;
  other.tools.pop_back();
  CHECK(story.tell(other).state().transcript.at(1).provider_content.empty());
}

TEST_CASE("a changed task is adopted, and the model is told what it must know") {
  Story story = begun();
  TaskUpdated update{a_start().task, {}, "Count.", {}, "The goal has changed."};
  update.task.limits.steps = 99;
  story.tell(update);
  CHECK(story.state().task.limits.steps == 99);
  CHECK(story.state().goal == "Count.");
  CHECK(story.state().tools.empty());
  CHECK(story.state().transcript.back() == Message{.role = Role::User, .text = "The goal has changed."});
}
