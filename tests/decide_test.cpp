#include "core/decide.h"

#include "core/text.h"
#include "prompts.h"
#include "tests/support/catch.h"
#include "tests/support/story.h"

using namespace agentd;

namespace {

struct Case {
  const char* promise;
  std::vector<Event> events;
  Now now;
  Action action;
};

RunStarted with_limits(const Limits& limits) {
  RunStarted start = a_start();
  start.task.limits = limits;
  return start;
}

std::vector<Event> begun(std::vector<Event> more, RunStarted start = a_start()) {
  std::vector<Event> events{std::move(start), an_invocation()};
  events.insert(events.end(), more.begin(), more.end());
  return events;
}

ToolRun a_run(CallId call, const std::string& tool) {
  return {call, tool, "{}", hash_hex("demo-1/1000000/" + to_string(call))};
}

const ModelFailed kOverloaded{"overloaded", "busy", true, 5000, {}, 0.0};
const ModelFailed kEmpty{"empty", "nothing", true, std::nullopt, {}, 0.0};
const ModelFailed kWrongKey{"auth", "wrong key", false, std::nullopt, {}, 0.0};
constexpr std::int64_t kStart = 1'000'000;

}  // namespace

TEST_CASE("the policy, rule by rule") {
  const std::vector<Case> cases{
      {"a run that has begun asks the model", begun({}), {}, AskModel{}},
      {"a run that has ended returns", begun({Completed{"42"}}), {}, Return{}},
      {"an invocation that is suspended returns", begun({Suspended{"signal", {}, ""}}), {}, Return{}},
      {"an answer completes the run", begun({a_reply({}, "42")}), {}, Append{{Completed{"42"}}}},
      {"an answer counts even when a signal has come",
       begun({a_reply({}, "42")}),
       {.stop = StopReason::Signal},
       Append{{Completed{"42"}}}},
      {"a signal suspends",
       begun({}),
       {.stop = StopReason::Signal},
       Append{{Suspended{"signal", {}, "stopped by a signal"}}}},
      {"the deadline suspends, before calls are started",
       begun({a_reply({a_call("fire")})}),
       {.stop = StopReason::Deadline},
       Append{{Suspended{"deadline", {}, "the deadline of this invocation has come"}}}},
      {"open calls are started together",
       begun({a_reply({a_call("look"), a_call("fire")})}),
       {},
       Append{{ToolStarted{{1, 1}, "look"}, ToolStarted{{1, 2}, "fire"}}}},
      {"started calls are run, those with results are not",
       begun({a_reply({a_call("look"), a_call("fire")}), ToolStarted{{1, 1}, "look"},
              ToolStarted{{1, 2}, "fire"}, a_result({1, 1})}),
       {},
       RunTools{{a_run({1, 2}, "fire")}}},
      {"a call that a dead invocation had started is started again only where that is safe",
       begun({a_reply({a_call("look"), a_call("put"), a_call("fire"), a_call("nonsense")}),
              ToolStarted{{1, 1}, "look"}, ToolStarted{{1, 2}, "put"}, ToolStarted{{1, 3}, "fire"},
              ToolStarted{{1, 4}, "nonsense"}, an_invocation()}),
       {},
       Append{{ToolStarted{{1, 1}, "look"}, ToolStarted{{1, 2}, "put"},
               ToolFinished{{1, 3}, {Outcome::Unknown, std::string(prompts::interrupted), ""}, 0},
               ToolFinished{{1, 4}, {Outcome::Unknown, std::string(prompts::interrupted), ""}, 0}}}},
      {"a failure that may pass is waited for",
       begun({kOverloaded}),
       {.wall_ms = kStart + 3000},
       Wait{kStart + 7000}},
      {"after the wait the model is asked again",
       begun({kOverloaded}),
       {.wall_ms = kStart + 7000},
       AskModel{}},
      {"a wait that does not fit before the deadline suspends until it is over",
       begun({kOverloaded}),
       {.wall_ms = kStart + 3000, .time_left_ms = 4000},
       Append{{Suspended{"overloaded", kStart + 7000, "busy"}}}},
      {"a long wait suspends even without a deadline",
       begun({ModelFailed{"rate_limit", "slow", true, 3'600'000, {}, 0.0}}),
       {.wall_ms = kStart + 3000},
       Append{{Suspended{"rate_limit", kStart + 3'602'000, "slow"}}}},
      {"spent retries suspend: an outage ends",
       begun({kOverloaded, kOverloaded, kOverloaded, kOverloaded, kOverloaded}),
       {.wall_ms = kStart + 6000},
       Append{{Suspended{"outage", kStart + 66'000, "busy"}}}},
      {"replies that are no good, each of them paid for, are not repeated for ever",
       begun({kEmpty, kEmpty, kEmpty, kEmpty, kEmpty}),
       {.wall_ms = kStart + 60'000},
       Append{{Failed{"empty", "nothing", true}}}},
      {"a new invocation has all its retries again, but keeps to the wait",
       begun({kOverloaded, kOverloaded, kOverloaded, kOverloaded, kOverloaded, an_invocation()}),
       {.wall_ms = kStart + 7000},
       Wait{kStart + 11'000}},
      {"a failure that no retry helps ends the run until it is mended",
       begun({kWrongKey}),
       {},
       Append{{Failed{"auth", "wrong key", true}}}},
      {"after it is mended the model is asked again",
       begun({kWrongKey, Failed{"auth", "wrong key", true}, an_invocation()}),
       {},
       AskModel{}},
      {"a refusal is final",
       begun({ModelFailed{"refused", "no", false, {}, {}, 0.0}}),
       {},
       Append{{Failed{"refused", "no", false}}}},
      {"the step limit holds before the next call",
       begun({a_reply({a_call("look")}), a_result({1, 1})}, with_limits({.steps = 1})),
       {},
       Append{{LimitReached{"steps", "limits.steps (1) is used up: raise it and run again"}}}},
      {"the step limit lets the calls of the last step run",
       begun({a_reply({a_call("look")})}, with_limits({.steps = 1})),
       {},
       Append{{ToolStarted{{1, 1}, "look"}}}},
      {"tokens of every kind count",
       begun({a_reply({a_call("look")}), a_result({1, 1})}, with_limits({.tokens = 18})),
       {},
       Append{{LimitReached{"tokens", "limits.tokens (18) is used up: raise it and run again"}}}},
      {"the duration counts from the first start",
       begun({}, with_limits({.duration_ms = 60'000})),
       {.wall_ms = kStart + 60'000},
       Append{{LimitReached{"duration", "limits.duration (1m) is used up: raise it and run again"}}}},
      {"a model call that would not end before the deadline is not begun",
       begun({a_reply({a_call("look")}), a_result({1, 1})}),
       {.time_left_ms = 1999},
       Append{{Suspended{"deadline", {}, "a model call would not end before the deadline"}}}},
      {"one that would is",
       begun({a_reply({a_call("look")}), a_result({1, 1})}),
       {.time_left_ms = 2000},
       AskModel{}},
      {"the guess is doubted after an invocation that got nowhere",
       begun({a_reply({a_call("look")}), a_result({1, 1}), an_invocation(), Suspended{"deadline", {}, ""},
              an_invocation()}),
       {.time_left_ms = 1000},
       AskModel{}},
  };
  for (const Case& c : cases) {
    INFO(c.promise);
    CHECK(next_action(Story(c.events).state(), c.now) == c.action);
  }
}

TEST_CASE("fallbacks are asked in order, for a while, and a run waits only when all models are down") {
  RunStarted start = a_start();
  start.task.model.fallbacks = {{.provider = "openai", .name = "b", .retries = 0}};
  ModelFailed second = kOverloaded;
  second.fallback = 1;
  ModelFailed second_for_good = kWrongKey;
  second_for_good.fallback = 1;
  const ModelFailed slow{"rate_limit", "slow", true, 3'600'000, {}, 0.0};
  ModelReplied reply = a_reply({a_call("look")});
  reply.fallback = 1;
  const std::int64_t down_until = kStart + 2000 + 300'000;
  const std::vector<Case> cases{
      {"a failure that may pass is waited for",
       begun({kOverloaded}, start),
       {kStart + 3000},
       Wait{kStart + 7000}},
      {"one that no retry helps hands over", begun({kWrongKey}, start), {kStart + 3000}, AskModel{1}},
      {"so does a long wait", begun({slow}, start), {kStart + 3000}, AskModel{1}},
      {"so do spent retries",
       begun({kOverloaded, kOverloaded, kOverloaded, kOverloaded, kOverloaded}, start),
       {kStart + 9000},
       AskModel{1}},
      {"the fallback goes on with the work",
       begun({kWrongKey, reply, a_result({1, 1})}, start),
       {down_until - 1},
       AskModel{1}},
      {"in a later invocation too",
       begun({slow, reply, a_result({1, 1}), Suspended{"signal", {}, ""}, an_invocation()}, start),
       {down_until - 1},
       AskModel{1}},
      {"but a key may have been mended meanwhile",
       begun({kWrongKey, reply, a_result({1, 1}), Suspended{"signal", {}, ""}, an_invocation()}, start),
       {down_until - 1},
       AskModel{0}},
      {"retries are counted across short invocations",
       begun({kOverloaded, kOverloaded, an_invocation(), kOverloaded, an_invocation(), kOverloaded,
              kOverloaded},
             start),
       {kStart + 20'000},
       AskModel{1}},
      {"until the first has had time to recover",
       begun({kWrongKey, reply, a_result({1, 1})}, start),
       {down_until},
       AskModel{0}},
      {"an outage of all is waited for until the first of them may be back",
       begun({kWrongKey, second}, start),
       {kStart + 4000},
       Append{{Suspended{"outage", kStart + 3000 + 300'000, "wrong key; busy"}}}},
      {"all models failed for good",
       begun({kWrongKey, second_for_good}, start),
       {kStart + 4000},
       Append{{Failed{"auth", "wrong key", true}}}},
      {"and once that is mended the first is asked again",
       begun({kWrongKey, second_for_good, Failed{"auth", "", true}, an_invocation()}, start),
       {kStart + 4000},
       AskModel{0}},
      {"a refusal is nobody else's to lift",
       begun({ModelFailed{"refused", "no", false, {}, {}, 0.0}}, start),
       {kStart + 3000},
       Append{{Failed{"refused", "no", false}}}},
  };
  for (const Case& c : cases) {
    INFO(c.promise);
    CHECK(next_action(Story(c.events).state(), c.now) == c.action);
  }
}

TEST_CASE("where the time left is too short to wait for a model, the next one is asked") {
  RunStarted start = a_start();
  start.task.model.fallbacks = {{.provider = "openai", .name = "b"}};
  const Story story(begun({kOverloaded}, start));
  CHECK(next_action(story.state(), {.wall_ms = kStart + 3000, .time_left_ms = 4000}) == Action{AskModel{1}});
  CHECK(next_action(story.state(), {.wall_ms = kStart + 3000, .time_left_ms = 5000}) ==
        Action{Wait{kStart + 7000}});
}

TEST_CASE("what a person says gives a run that was rejected new chances") {
  Story story(begun({}));
  ModelReplied bad = a_reply({}, "What?");
  bad.rejected = "invalid_answer";
  bad.complaint = "Reply with JSON.";
  story.tell(bad).tell(bad).tell(UserSaid{"Like this: {}", "l1"}).tell(bad);
  CHECK(next_action(story.state(), {}) == Action{AskModel{}});
}

TEST_CASE("a reply that is no good is answered with what is wrong, a few times") {
  Story story(begun({}));
  ModelReplied bad = a_reply({}, "What?");
  bad.rejected = "invalid_answer";
  bad.complaint = "Reply with JSON.";
  for (int i = 0; i < 2; ++i) {
    story.tell(bad);
    CHECK(next_action(story.state(), {}) == Action{AskModel{}});
    CHECK(story.state().transcript.back() == Message{.role = Role::User, .text = "Reply with JSON."});
  }
  Story better = story;
  CHECK(next_action(story.tell(bad).state(), {}) ==
        Action{Append{{Failed{"invalid_answer",
                              "3 replies in a row were no good; the last was answered with: Reply with JSON.",
                              true}}}});
  better.tell(a_reply({}, "{}"));
  CHECK(next_action(better.state(), {}) == Action{Append{{Completed{"{}"}}}});
}

TEST_CASE("a call that the limit has no room for is not begun") {
  // 18 tokens are used; the next request has the 15 of the last one, and 56 bytes that were not counted yet.
  ModelReplied reply = a_reply({a_call("look")}, "Look now.");
  reply.usage.output = 1003;  // most of it thought, which is not sent again
  const std::vector<Event> events{reply, a_result({1, 1}, std::string(41, 'x'))};
  const auto limit_at = [&](const Limits& limits, const Now& now) {
    return used_up_limit(Story(begun(events, with_limits(limits))).state(), limits, now);
  };
  CHECK_FALSE(limit_at({.tokens = 1018 + 29}, {}));
  CHECK(limit_at({.tokens = 1018 + 28}, {})->message ==
        "limits.tokens leaves 28, and the next call takes at least 29: raise it and run again");
  const std::vector<std::optional<Price>> prices{Price{"", 10'000, 1000, 0, 0}};
  CHECK_FALSE(limit_at({.cost_usd = 0.41}, {.prices = prices}));
  CHECK(
      limit_at({.cost_usd = 0.40}, {.prices = prices})->message ==
      "limits.cost_usd leaves 0.15 USD, and the next call takes at least 0.155 USD: raise it and run again");
}

TEST_CASE("the first request counts in full") {
  Story story(begun({}, with_limits({.tokens = 10})));
  CHECK(used_up_limit(story.state(), {.tokens = 10}, {}));
  CHECK_FALSE(used_up_limit(story.state(), {.tokens = 100}, {}));
}

TEST_CASE("the cost limit holds") {
  Story story(begun({a_reply({a_call("look")}), a_result({1, 1})}, with_limits({.cost_usd = 0.25})));
  const auto limit = used_up_limit(story.state(), story.state().task.limits, {});
  REQUIRE(limit);
  CHECK(limit->limit == "cost_usd");
}

TEST_CASE("a cost that is not known is not taken for a small one") {
  ModelReplied reply = a_reply({a_call("look")});
  reply.cost_usd = std::nullopt;
  Story story(begun({reply, a_result({1, 1})}, with_limits({.cost_usd = 5})));
  CHECK(used_up_limit(story.state(), story.state().task.limits, {}).has_value());
  CHECK_FALSE(used_up_limit(story.state(), {}, {}).has_value());
}

TEST_CASE("at most eight calls are begun at a time") {
  Story story(begun({a_reply(std::vector<ToolCall>(20, a_call("look")))}));
  CHECK(std::get<Append>(next_action(story.state(), {})).events.size() == 8);
}

TEST_CASE("invocations without a new step end as stuck, and a raised limit lifts that") {
  Story story({a_start()});
  for (int i = 0; i < 6; ++i) {
    if (i > 0) CHECK(next_action(story.state(), {}) == Action{AskModel{}});
    story.tell(an_invocation());
  }
  const auto append = std::get<Append>(next_action(story.state(), {}));
  const auto& failed = std::get<Failed>(append.events.at(0));
  CHECK(failed.reason == "stuck");

  story.tell(failed);
  Limits limits;
  CHECK_FALSE(can_go_on(story.state(), limits, {}));
  limits.stuck_after = 6;
  CHECK(can_go_on(story.state(), limits, {}));
  story.tell(an_invocation());
  CHECK(story.state().idle_invocations == 1);
}

TEST_CASE("a run that is over has nothing to do; one at its limit has, once the limit is raised") {
  const Limits one_step{.steps = 1};
  Story story(begun({a_reply({a_call("look")}), a_result({1, 1})}, with_limits(one_step)));
  CHECK(can_go_on(story.state(), one_step, {}));
  story.tell(LimitReached{"steps", ""});
  CHECK_FALSE(can_go_on(story.state(), one_step, {}));
  CHECK(can_go_on(story.state(), {.steps = 2}, {}));
  CHECK_FALSE(can_go_on(Story(begun({Completed{"42"}})).state(), {}, {}));
  CHECK_FALSE(can_go_on(Story(begun({Cancelled{""}})).state(), {}, {}));
  CHECK_FALSE(can_go_on(Story(begun({Failed{"refused", "", false}})).state(), {}, {}));
  CHECK(can_go_on(Story(begun({Failed{"auth", "", true}})).state(), {}, {}));
}
