#include "core/call_rules.h"

#include "core/sentences.h"
#include "core/text.h"
#include "prompts.h"
#include "tests/support/catch.h"
#include "tests/support/story.h"

using namespace agentd;

namespace {

constexpr std::int64_t kStart = 1'000'000;

struct Case {
  const char* promise;
  std::vector<Event> events;
  Now now;
  Action action;
};

consteval std::string_view said(std::string_view name) {
  return sentence_of(prompts::policy, name);
}

/// `look` is free, `put` needs a person, `fire` is denied.
RunStarted guarded(std::vector<PermissionRule> rules = {{"ask", "put"}, {"deny", "fire"}}) {
  RunStarted start = a_start();
  start.task.permissions = std::move(rules);
  return start;
}

TaskUpdated updated(std::vector<PermissionRule> rules) {
  TaskUpdated update{.task = a_start().task, .goal = a_start().goal, .tools = a_start().tools};
  update.task.permissions = std::move(rules);
  return update;
}

std::vector<Event> begun(std::vector<Event> more, RunStarted start = guarded()) {
  std::vector<Event> events{std::move(start), an_invocation()};
  events.insert(events.end(), more.begin(), more.end());
  return events;
}

ToolRun checking(ToolRun run, const std::string& answer) {
  run.answer = answer;
  return run;
}

/// A reply that calls these tools.
ModelReplied calling(const std::vector<std::string>& tools) {
  std::vector<ToolCall> calls;
  for (const std::string& tool : tools) calls.push_back(a_call(tool));
  return a_reply(std::move(calls));
}

ToolRun a_run(CallId call, const std::string& tool, const std::string& arguments = "{}",
              Purpose purpose = Purpose::Call) {
  return {call, tool, arguments, hash_hex("demo-1/1000000/" + to_string(call)), purpose};
}

ToolFinished denied(CallId call, std::string_view why) {
  return {call, {Outcome::Denied, std::string(why), ""}, 0};
}

ToolFinished ended(CallId call, std::string_view text) {
  return {call, {Outcome::Ok, std::string(text), ""}, 0};
}

Append waits_for(const std::string& reason, const std::string& message,
                 std::optional<std::int64_t> resume_at_ms = std::nullopt) {
  return {{Suspended{reason, resume_at_ms, message}}};
}

const std::string kNeedsPut =
    "call 1.1 needs an approval of put; agentd approve or deny demo-1 1.1, then run again";

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    INFO(c.promise);
    CHECK(next_action(Story(c.events).state(), c.now) == c.action);
  }
}

}  // namespace

TEST_CASE("permissions, rule by rule") {
  const ApprovalRequested asked{{1, 1}, "put"};
  check({
      {"what no rule names begins", begun({calling({"look"})}), {}, Append{{ToolStarted{{1, 1}, "look"}}}},
      {"what is denied ends before it begins, and the model hears why",
       begun({calling({"fire"})}),
       {},
       Append{{denied({1, 1}, said("denied"))}}},
      {"what needs a person is asked for once", begun({calling({"put"})}), {}, Append{{asked}}},
      {"then the invocation ends", begun({calling({"put"}), asked}), {}, waits_for("approval", kNeedsPut)},
      {"unless somebody is here", begun({calling({"put"}), asked}), {.has_person = true}, AskPerson{}},
      {"approved, it begins",
       begun({calling({"put"}), asked, ApprovalGiven{{1, 1}, true, "", ""}}),
       {},
       Append{{ToolStarted{{1, 1}, "put"}}}},
      {"refused, it does not",
       begun({calling({"put"}), asked, ApprovalGiven{{1, 1}, false, "", ""}}),
       {},
       Append{{denied({1, 1}, said("refused"))}}},
      {"and the model hears the person's reason",
       begun({calling({"put"}), asked, ApprovalGiven{{1, 1}, false, "not {{why}} on Fridays", ""}}),
       {},
       Append{{denied({1, 1}, fill(said("refused_why"), {{"why", "not {{why}} on Fridays"}}))}}},
      {"an interrupted call that was approved is not asked for again",
       begun({calling({"put"}), asked, ApprovalGiven{{1, 1}, true, "", ""}, ToolStarted{{1, 1}, "put"},
              an_invocation()}),
       {},
       Append{{ToolStarted{{1, 1}, "put"}}}},
      {"a tool that nobody knows is judged by its name",
       begun({calling({"ghost"})}, guarded({{"deny", "gh*"}})),
       {},
       Append{{denied({1, 1}, said("denied"))}}},
      {"a signal leaves what is asked for as it is",
       begun({calling({"put"}), asked}),
       {.stop = StopReason::Signal, .has_person = true},
       waits_for("signal", "stopped by a signal")},
      {"and so does the deadline",
       begun({calling({"put"}), asked}),
       {.stop = StopReason::Deadline, .has_person = true},
       waits_for("deadline", "the deadline of this invocation has come")},
      {"time that is short does not matter to a person",
       begun({calling({"put"}), asked}),
       {.time_left_ms = 1},
       waits_for("approval", kNeedsPut)},
      {"a limit that is used up leaves the person the word",
       begun({calling({"put"}), asked}),
       {.wall_ms = kStart + 1'000'000'000},
       waits_for("approval", kNeedsPut)},
  });
}

TEST_CASE("a rule that changes while a call waits for its approval holds at once") {
  const auto waiting = [](std::vector<PermissionRule> rules, std::vector<Event> more = {}) {
    std::vector<Event> events{calling({"put"}), ApprovalRequested{{1, 1}, "put"},
                              Suspended{"approval", {}, ""}, an_invocation(), updated(std::move(rules))};
    events.insert(events.end(), more.begin(), more.end());
    return begun(std::move(events));
  };
  check({
      {"allowed now, it begins", waiting({}), {}, Append{{ToolStarted{{1, 1}, "put"}}}},
      {"denied now, it ends", waiting({{"deny", "put"}}), {}, Append{{denied({1, 1}, said("denied"))}}},
      {"asked for still, it waits", waiting({{"ask", "*"}}), {}, waits_for("approval", kNeedsPut)},
      {"what a person approved does not lift a denial",
       waiting({{"deny", "put"}}, {ApprovalGiven{{1, 1}, true, "", ""}}),
       {},
       Append{{denied({1, 1}, said("denied"))}}},
      {"what a person refused may be allowed by the task",
       waiting({{"allow", "*"}}, {ApprovalGiven{{1, 1}, false, "no", ""}}),
       {},
       Append{{ToolStarted{{1, 1}, "put"}}}},
  });
}

TEST_CASE("nothing of a reply begins before all of it is allowed or refused") {
  const ModelReplied mixed = calling({"put", "look", "fire", "ask", "wait", "put"});
  const Event refusal = denied({1, 3}, said("denied"));
  const std::vector<Event> asked{mixed, ApprovalRequested{{1, 1}, "put"}, refusal,
                                 ApprovalRequested{{1, 6}, "put"}};
  const auto then = [&](std::vector<Event> more) {
    std::vector<Event> events = asked;
    events.insert(events.end(), more.begin(), more.end());
    return begun(std::move(events));
  };
  const ApprovalGiven yes{{1, 1}, true, "", "l1"};
  const ApprovalGiven no{{1, 6}, false, "", "l2"};
  const Event refused = denied({1, 6}, said("refused"));
  const std::vector<Event> all_started{yes,
                                       no,
                                       refused,
                                       ToolStarted{{1, 1}, "put"},
                                       ToolStarted{{1, 2}, "look"},
                                       ToolStarted{{1, 4}, "ask"},
                                       ToolStarted{{1, 5}, "wait"},
                                       a_result({1, 1}),
                                       a_result({1, 2}),
                                       QuestionAsked{{1, 4}, "Red?"},
                                       TimerSet{{1, 5}, kStart + 600'000}};
  std::vector<Event> answered = all_started;
  answered.push_back(UserSaid{"blue", "l3"});
  std::vector<Event> only_waits = answered;
  only_waits.push_back(ended({1, 4}, "blue"));
  check({
      {"all that is to be said of it is said at once",
       begun({mixed}),
       {},
       Append{{asked[1], asked[2], asked[3]}}},
      {"the first that is open is named", then({}), {}, waits_for("approval", kNeedsPut)},
      {"one approval is not enough",
       then({yes}),
       {},
       waits_for("approval",
                 "call 1.6 needs an approval of put; agentd approve or deny demo-1 1.6, then run again")},
      {"a refusal is told at once", then({no}), {}, Append{{refused}}},
      {"then all others begin together",
       then({yes, no, refused}),
       {},
       Append{{all_started[3], all_started[4], all_started[5], all_started[6]}}},
      {"and run together",
       then({yes, no, refused, all_started[3], all_started[4], all_started[5], all_started[6]}),
       {},
       RunTools{{a_run({1, 1}, "put"), a_run({1, 2}, "look"), a_run({1, 4}, "ask"), a_run({1, 5}, "wait")}}},
      {"the question is waited for, and the timer too",
       then(all_started),
       {.wall_ms = kStart},
       waits_for("question", "call 1.4 needs an answer: Red?; agentd send demo-1 TEXT, then run again",
                 kStart + 600'000)},
      {"the answer ends the question alone",
       then(answered),
       {.wall_ms = kStart},
       Append{{ended({1, 4}, "blue")}}},
      {"the timer goes on",
       then(only_waits),
       {.wall_ms = kStart},
       waits_for("timer", "the agent waits", kStart + 600'000)},
      {"a timer ends though the question is open",
       then(all_started),
       {.wall_ms = kStart + 600'000},
       Append{{ended({1, 5}, fill(said("timer_over"), {{"now", format_time(kStart + 600'000)}}))}}},
  });
  std::vector<Event> done = only_waits;
  done.push_back(ended({1, 5}, "The time is up."));
  CHECK(next_action(Story(then(done)).state(), {}) == Action{AskModel{}});
}

TEST_CASE("an approval that is needed late holds back the calls that have not begun") {
  std::vector<std::string> tools(9, "look");
  tools.push_back("put");
  Story story(begun({calling(tools)}));
  CHECK(next_action(story.state(), {}) == Action{Append{{ApprovalRequested{{1, 10}, "put"}}}});
  story.tell(ApprovalRequested{{1, 10}, "put"});
  CHECK(std::holds_alternative<Suspended>(std::get<Append>(next_action(story.state(), {})).events.front()));
  story.tell(ApprovalGiven{{1, 10}, true, "", ""});
  CHECK(std::get<Append>(next_action(story.state(), {})).events.size() == 8);
}

TEST_CASE("questions, rule by rule") {
  const std::vector<Event> asking{calling({"ask", "ask"}), ToolStarted{{1, 1}, "ask"},
                                  ToolStarted{{1, 2}, "ask"}, QuestionAsked{{1, 2}, "Two?"},
                                  QuestionAsked{{1, 1}, "One?"}};
  const auto then = [&](std::vector<Event> more) {
    std::vector<Event> events = asking;
    events.insert(events.end(), more.begin(), more.end());
    return begun(std::move(events));
  };
  check({
      {"a question parks the run",
       then({}),
       {},
       waits_for("question", "call 1.1 needs an answer: One?; agentd send demo-1 TEXT, then run again")},
      {"unless somebody is here", then({}), {.has_person = true}, AskPerson{}},
      {"the first message answers the first question",
       then({UserSaid{"yes", "l1"}}),
       {},
       Append{{ended({1, 1}, "yes")}}},
      {"the second the second",
       then({UserSaid{"yes", "l1"}, ended({1, 1}, "yes"), UserSaid{"no", "l2"}}),
       {},
       Append{{ended({1, 2}, "no")}}},
      {"an empty answer is one", then({UserSaid{"", "l1"}}), {}, Append{{ended({1, 1}, "")}}},
      {"a question that was asked is not asked again by the next invocation",
       then({Suspended{"question", {}, ""}, an_invocation()}),
       {},
       waits_for("question", "call 1.1 needs an answer: One?; agentd send demo-1 TEXT, then run again")},
  });
  Story story(then({UserSaid{"yes", "l1"}, UserSaid{"no", "l2"}, UserSaid{"by the way", "l3"}}));
  story.tell(ended({1, 1}, "yes")).tell(ended({1, 2}, "no"));
  CHECK(story.state().transcript.back() == Message{.role = Role::User, .text = "by the way"});
}

TEST_CASE("timers, rule by rule") {
  const std::int64_t until = kStart + 100'000;
  const auto waiting = [&](std::vector<Event> more = {}) {
    std::vector<Event> events{calling({"wait"}), ToolStarted{{1, 1}, "wait"}, TimerSet{{1, 1}, until}};
    events.insert(events.end(), more.begin(), more.end());
    return begun(std::move(events));
  };
  const auto over = [&](std::int64_t now) {
    return Append{{ended({1, 1}, fill(said("timer_over"), {{"now", format_time(now)}}))}};
  };
  check({
      {"a minute is slept through", waiting(), {.wall_ms = until - 60'000}, Wait{until}},
      {"a longer wait suspends",
       waiting(),
       {.wall_ms = until - 60'001},
       waits_for("timer", "the agent waits", until)},
      {"and so does one that does not fit before the deadline",
       waiting(),
       {.wall_ms = until - 5000, .time_left_ms = 5000},
       waits_for("timer", "the agent waits", until)},
      {"one that does is slept through",
       waiting(),
       {.wall_ms = until - 5000, .time_left_ms = 5001},
       Wait{until}},
      {"a wait ends on time", waiting(), {.wall_ms = until}, over(until)},
      {"or later", waiting(), {.wall_ms = until + 86'400'000}, over(until + 86'400'000)},
      {"a millisecond before it has not", waiting(), {.wall_ms = until - 1}, Wait{until}},
      {"the next invocation keeps to the same time",
       waiting({Suspended{"timer", until, ""}, an_invocation()}),
       {.wall_ms = until - 60'001},
       waits_for("timer", "the agent waits", until)},
      {"what a person says ends it early",
       waiting({UserSaid{"it is there", "l1"}}),
       {.wall_ms = kStart},
       Append{{ended({1, 1}, fill(said("timer_ended"), {{"now", format_time(kStart)}}))}}},
      {"a signal suspends at once",
       waiting(),
       {.wall_ms = until - 1, .stop = StopReason::Signal},
       waits_for("signal", "stopped by a signal")},
      {"of two the earlier one counts",
       begun({calling({"wait", "wait"}), ToolStarted{{1, 1}, "wait"}, ToolStarted{{1, 2}, "wait"},
              TimerSet{{1, 1}, until + 90'000}, TimerSet{{1, 2}, until}}),
       {.wall_ms = until - 1000},
       Wait{until}},
      {"a wait whose start alone is known begins anew",
       begun({calling({"wait"}), ToolStarted{{1, 1}, "wait"}, an_invocation()},
             [] {
               RunStarted start = a_start();
               start.tools.push_back({"wait", "", "{}", Effect::Read, "", ""});
               return start;
             }()),
       {},
       Append{{ToolStarted{{1, 1}, "wait"}}}},
  });
}

TEST_CASE("checks of the answer, rule by rule") {
  RunStarted start = a_start();
  start.task.verify = {{.shell = "make \"test\"", .attempts = 2}, {.shell = "test -s a", .timeout_ms = 1500}};
  start.task.permissions = {{"deny", "*"}};
  const std::string first = R"({"command":"make \"test\"","timeout_seconds":60})";
  const std::string second = R"({"command":"test -s a","timeout_seconds":2})";
  const std::vector<Event> started{a_reply({}, "42"), ToolStarted{{1, 1}, "verify"},
                                   ToolStarted{{1, 2}, "verify"}};
  const auto then = [&](std::vector<Event> more) {
    std::vector<Event> events = started;
    events.insert(events.end(), more.begin(), more.end());
    return begun(std::move(events), start);
  };
  const auto failing = [](CallId call, const std::string& text) {
    return a_result(call, text, Outcome::Error);
  };
  const std::string complaint = std::string(said("unverified")) + "\n\nred";
  const std::vector<Event> rejected{failing({1, 1}, "red"), a_result({1, 2})};
  std::vector<Event> twice = rejected;
  for (const Event& event :
       {Event{a_reply({}, "43")}, Event{failing({2, 2}, "blue")}, Event{a_result({2, 1})}})
    twice.push_back(event);
  std::vector<Event> mended = rejected;
  for (const Event& event : {Event{a_reply({}, "43")}, Event{a_result({2, 2})}, Event{a_result({2, 1})}})
    mended.push_back(event);
  std::vector<Event> said_between = rejected;
  said_between.push_back(UserSaid{"try this", "l1"});
  for (const Event& event :
       {Event{a_reply({}, "43")}, Event{failing({2, 1}, "red")}, Event{a_result({2, 2})}})
    said_between.push_back(event);
  check({
      {"an answer is checked before it counts, whatever the permissions of tools",
       begun({a_reply({}, "42")}, start),
       {},
       Append{{started[1], started[2]}}},
      {"by the commands of the task",
       then({}),
       {},
       RunTools{{checking(a_run({1, 1}, "verify", first, Purpose::Verify), "42"),
                 checking(a_run({1, 2}, "verify", second, Purpose::Verify), "42")}}},
      {"a check that was interrupted is run again",
       then({a_result({1, 1}), an_invocation()}),
       {},
       Append{{started[2]}}},
      {"once all have passed the run is complete",
       then({a_result({1, 1}), a_result({1, 2})}),
       {},
       Append{{Completed{"42"}}}},
      {"where one has failed the model is asked again", then(rejected), {}, AskModel{}},
      {"a better answer completes the run", then(mended), {}, Append{{Completed{"43"}}}},
      {"the smallest number of attempts among those that failed ends it",
       then({failing({1, 1}, "red"), a_result({1, 2}), a_reply({}, "43"), failing({2, 1}, "red"),
             a_result({2, 2})}),
       {},
       Append{
           {Failed{"verify", "2 answers in a row failed the task's checks; the last: " + complaint, true}}}},
      {"one with more attempts goes on", then(twice), {}, AskModel{}},
      {"what a person says gives it all its attempts again", then(said_between), {}, AskModel{}},
  });
  Story story(then(rejected));
  CHECK(story.state().transcript.back() == Message{.role = Role::User, .text = complaint});
  CHECK(story.state().transcript.at(1).text == "42");
}

TEST_CASE("an invocation that would only wait once more is not begun") {
  const auto would_wait = [](std::vector<Event> events, const Now& now) {
    return would_only_wait(Story(begun(std::move(events))).state(), now);
  };
  const std::vector<Event> approval{calling({"put"}), ApprovalRequested{{1, 1}, "put"},
                                    Suspended{"approval", {}, ""}};
  const std::vector<Event> timer{calling({"wait"}), ToolStarted{{1, 1}, "wait"},
                                 TimerSet{{1, 1}, kStart + 100'000},
                                 Suspended{"timer", kStart + 100'000, ""}};
  CHECK(would_wait(approval, {}));
  CHECK_FALSE(would_wait(approval, {.has_person = true}));
  CHECK(would_wait(timer, {.wall_ms = kStart}));
  CHECK_FALSE(would_wait(timer, {.wall_ms = kStart + 40'000}));  // a minute is slept through
  CHECK_FALSE(would_wait(timer, {.wall_ms = kStart + 100'000}));
  CHECK_FALSE(would_wait({Suspended{"signal", {}, ""}}, {}));
  CHECK_FALSE(would_wait({}, {}));
}
