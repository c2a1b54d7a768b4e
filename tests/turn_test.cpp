#include "cli/turn.h"

#include <nlohmann/json.hpp>

#include "cli/report.h"
#include "tests/support/catch.h"
#include "tests/support/story.h"

using namespace agentd;
using End = ProcessResult::End;
using nlohmann::ordered_json;

namespace {

/// As `agentd resume --output json` prints it.
std::string result_of(const Event& last) {
  const Story story({a_start(), an_invocation(), last});
  return result_json(story.state(), standing_of(story.state()), 1, 2'000'000, {});
}

RunTurn turn(const std::string& result, const ProcessResult& ended = {}) {
  return turn_of("demo-1", result, ended);
}

Exit exit_of(const std::vector<RunTurn>& turns, std::int64_t remaining = 0) {
  return tick_exit(turns, remaining);
}

const RunTurn kDone{"a", "completed", "", "", 0};
const RunTurn kLater{"b", "suspended", "timer", "", 75};
const RunTurn kPaused{"c", "suspended", "deadline", "", 75, true};
const RunTurn kFailed{"d", "failed", "auth", "no\nkey", 1};

}  // namespace

TEST_CASE("A turn is what the run's own result says") {
  CHECK(turn(result_of(LimitReached{"steps", "used up"})) == RunTurn{"demo-1", "limit", "steps", "", 78});
  CHECK(turn(result_of(Failed{"auth", "no key", true})) == RunTurn{"demo-1", "failed", "auth", "no key", 1});
  CHECK(turn(result_of(Cancelled{})) == RunTurn{"demo-1", "cancelled", "cancelled", "", 1});
  CHECK(turn(result_of(Suspended{"approval", {}, ""})) == RunTurn{"demo-1", "waiting", "approval", "", 77});
  CHECK(turn(result_of(Suspended{"timer", 3'000'000, ""})) ==
        RunTurn{"demo-1", "suspended", "timer", "", 75});
  CHECK(turn(result_of(Suspended{"deadline", {}, ""})) ==
        RunTurn{"demo-1", "suspended", "deadline", "", 75, true});
}

TEST_CASE("A process without a result is judged by how it ended") {
  CHECK(turn("", {End::Exited, 2, ""}) == RunTurn{"demo-1", "", "usage", "see what it said", 2});
  CHECK(turn("", {End::Exited, 74, ""}) == RunTurn{"demo-1", "storage", "storage", "see what it said", 74});
  CHECK(turn("", {End::NotStarted, 24, "no more files"}) ==
        RunTurn{"demo-1", "", "not_started", "no more files", 1, true});
  const RunTurn killed = turn("", {End::Signalled, 9, ""});
  CHECK(killed.exit == 137);
  CHECK((killed.status == "suspended" && killed.reason == "interrupted" && killed.can_go_on));
  for (const char* garbage : {"[]", "{", R"({"schema":1,"run":"x","status":"new"})"})
    CHECK(turn(garbage, {End::Interrupted, 9, ""}).exit == 75);
}

TEST_CASE("A tick's status says what a scheduler has to do") {
  CHECK(exit_of({}) == Exit::Completed);
  CHECK(exit_of({kDone, kLater, {"w", "waiting", "approval", "", 77}, {"x", "cancelled", "", "", 1}}) ==
        Exit::Completed);
  CHECK(exit_of({kDone}, 1) == Exit::Suspended);
  CHECK(exit_of({kDone, kPaused}) == Exit::Suspended);
  CHECK(exit_of({{"x", "busy", "busy", "", 75}}) == Exit::Completed);
  CHECK(exit_of({kPaused, kFailed}) == Exit::Failed);
  CHECK(exit_of({{"x", "limit", "steps", "", 78}}) == Exit::Failed);
  CHECK(exit_of({{"x", "", "usage", "", 2}}) == Exit::Failed);
  CHECK(exit_of({kFailed, broken_turn("x", "torn"), kPaused}) == Exit::Storage);
}

TEST_CASE("A turn is told on one line") {
  CHECK(turn_text(kDone) == "a  completed");
  CHECK(turn_text(kFailed) == "d  failed  auth: no key");
  CHECK(turn_text(broken_turn("x", "torn")) == "x  storage: torn");
  CHECK(turn_text({"x", "", "usage", "", 2}) == "x  not run  usage");
}

TEST_CASE("The turns of a tick are one small object, with what needs a look first") {
  CHECK(turns_json(std::vector<RunTurn>{kDone, kFailed}, 2) ==
        R"({"schema":1,"status":"failed","runs":[{"run":"d","status":"failed","reason":"auth","exit":1},)"
        R"({"run":"a","status":"completed","reason":null,"exit":0}],"left_out":0,"remaining":2})");
  std::vector<RunTurn> many(5000, kDone);
  many.push_back(broken_turn("\xff", "torn"));
  const std::string text = turns_json(many, 0);
  CHECK(text.size() < 200'000);
  const auto object = ordered_json::parse(text);
  CHECK(object["runs"][0]["status"] == "storage");
  CHECK(object["runs"].size() + object["left_out"].get<std::size_t>() == 5001);
}
