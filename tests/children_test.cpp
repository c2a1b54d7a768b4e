#include "core/children.h"

#include "core/decide.h"
#include "core/task_json.h"
#include "tests/support/catch.h"
#include "tests/support/story.h"

using namespace agentd;

namespace {

RunStarted with_helper(const Limits& limits = {}) {
  RunStarted start = a_start();
  start.task.limits = limits;
  start.task.tools = {{.kind = "agent", .name = "helper", .task = task_to_json(a_start().task)}};
  start.tools.push_back({"helper", "", "{}", Effect::Idempotent});
  return start;
}

/// Calls the helper that often, and has begun the calls.
Story helped(int calls, const Limits& limits = {}) {
  Story story({with_helper(limits), an_invocation(),
               a_reply(std::vector<ToolCall>(static_cast<std::size_t>(calls), a_call("helper")))});
  for (std::int64_t i = 1; i <= calls; ++i) story.tell(ToolStarted{{1, i}, "helper"});
  return story;
}

Suspended held(const std::string& reason, std::optional<std::int64_t> resume_at_ms = std::nullopt) {
  return {reason, resume_at_ms, "", "demo-1.1.1"};
}

}  // namespace

TEST_CASE("a child is named after the call that makes it, and always has a name of its own") {
  CHECK(child_id("demo-1", {3, 1}) == "demo-1.3.1");
  const std::string longest(100, 'a');
  const std::string one = child_id(longest, {3, 1});
  CHECK(one.size() == 100);
  CHECK(one.starts_with(std::string(80, 'a')));
  CHECK(one != child_id(longest, {3, 2}));
  CHECK(child_id(one, {1, 1}).size() == 100);
}

TEST_CASE("a child is open from the start of its call to its result") {
  Story story = helped(2);
  CHECK(open_children(story.state()) == std::vector<std::string>{"demo-1.1.1", "demo-1.1.2"});
  story.tell(a_result({1, 1}));
  CHECK(open_children(story.state()) == std::vector<std::string>{"demo-1.1.2"});
  CHECK(open_children(
            Story({with_helper(), an_invocation(), a_reply({a_call("look")}), ToolStarted{{1, 1}, "look"}})
                .state())
            .empty());
}

TEST_CASE("a child whose agent is gone from the task is nobody's any more") {
  const State state = helped(2).state();
  CHECK(disowned_children(state, state.task).empty());
  CHECK(disowned_children(state, a_start().task) == open_children(state));
}

TEST_CASE("the children of a run share what it has left") {
  const Limits limits{.tokens = 1018, .cost_usd = 2.25, .duration_ms = 60'000};
  const Grant both = grant_for_child(helped(2, limits).state(), {});
  CHECK(both == Grant{500, 1.0, 1'060'000});
  CHECK(grant_for_child(helped(1, limits).state(), {}) == Grant{1000, 2.0, 1'060'000});
  CHECK(grant_for_child(helped(1).state(), {}).tokens == helped(1).state().task.limits.tokens);
  SECTION("and what the run was granted itself") {
    const Now now{.grant = {518, 10.0, 1'030'000}};
    CHECK(grant_for_child(helped(1, limits).state(), now) == Grant{500, 2.0, 1'030'000});
  }
  SECTION("never less than nothing") {
    CHECK(grant_for_child(helped(1, {.tokens = 3}).state(), {}).tokens == 0);
  }
}

TEST_CASE("a child ends where the run that called it has no more to give") {
  RunStarted start = a_start();
  start.parent = "boss";
  const Story story(
      {start, an_invocation(), a_reply({a_call("look")}), ToolStarted{{1, 1}, "look"}, a_result({1, 1})});
  const auto limit_of = [&](const Grant& grant) {
    const Action action = next_action(story.state(), {.wall_ms = 1'010'000, .grant = grant});
    const auto* append = std::get_if<Append>(&action);
    return append == nullptr ? "" : std::get<LimitReached>(append->events.at(0)).message;
  };
  CHECK(limit_of({.tokens = 18}) == "limits.tokens of run boss leaves no more for it");
  CHECK(limit_of({.cost_usd = 0.25}) == "limits.cost_usd of run boss leaves no more for it");
  CHECK(limit_of({.until_ms = 1'010'000}) == "limits.duration of run boss leaves no more for it");
  CHECK(limit_of({.tokens = 100'000, .cost_usd = 50.0, .until_ms = 1'010'001}).empty());
}

TEST_CASE("a run that waits for its children only waits as long as they do") {
  Story story = helped(1);
  story.tell(held("timer", 1'100'000));
  CHECK(would_only_wait(story.state(), {.wall_ms = 1'010'000, .children_wait = true}));
  CHECK_FALSE(would_only_wait(story.state(), {.wall_ms = 1'010'000, .children_wait = false}));
  CHECK_FALSE(would_only_wait(story.state(), {.wall_ms = 1'100'000, .children_wait = true}));
  Story person = helped(1);
  person.tell(held("question"));
  CHECK(would_only_wait(person.state(), {.wall_ms = 1'010'000, .children_wait = true}));
  Story busy = helped(1);
  busy.tell(held("busy"));
  CHECK_FALSE(would_only_wait(busy.state(), {.wall_ms = 1'010'000, .children_wait = true}));
}

TEST_CASE("a run whose children take many invocations is not stuck: they are, if they are") {
  Story story = helped(1, {.stuck_after = 2});
  for (int i = 0; i < 5; ++i) story.tell(held("deadline")).tell(an_invocation());
  const Action action = next_action(story.state(), {});
  REQUIRE(std::holds_alternative<Append>(action));
  CHECK(std::get<Append>(action).events.at(0) == Event(ToolStarted{{1, 1}, "helper"}));
}
