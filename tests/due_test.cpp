#include "cli/due.h"

#include "tests/support/catch.h"
#include "tests/support/story.h"

using namespace agentd;

namespace {

/// Long after anything in a Story.
constexpr std::int64_t kNow = 2'000'000;

RunView view_of(const std::vector<Event>& events) {
  const Story story(events);
  return {story.state(), story.records().empty() ? 0 : story.records().back().at_ms, false};
}

std::optional<std::int64_t> since(const std::vector<Event>& events, const std::vector<Letter>& letters = {}) {
  const RunView view = view_of(events);
  const auto due = due_since(view, letters, kNow);
  // The cheap look never hides a run that is due.
  const Story story(events);
  if (due && !may_be_due(story.records().back(), !letters.empty(), kNow)) FAIL("hidden");
  return due;
}

Suspended suspended(const std::string& reason, std::optional<std::int64_t> resume_at_ms = std::nullopt) {
  return {reason, resume_at_ms, ""};
}

std::vector<Event> then(const Event& last) {
  return {a_start(), an_invocation(), last};
}

/// Its call waits for approval.
std::vector<Event> waiting() {
  RunStarted start = a_start();
  start.task.permissions = {{"ask", "fire"}};
  return {start, an_invocation(), a_reply({a_call("fire")}), ApprovalRequested{{1, 1}, "fire"},
          suspended("approval")};
}

Letter letter_left_at(std::int64_t time_ms, Letter::Kind kind = Letter::Kind::Say) {
  std::string time = std::to_string(time_ms);
  time.insert(0, 20 - time.size(), '0');
  return {time + "-0011223344556677", kind, "hello"};
}

}  // namespace

TEST_CASE("A run that was suspended or interrupted is due since then") {
  CHECK(since(then(suspended("deadline"))) == 1'002'000);
  CHECK(since(then(suspended("signal"))) == 1'002'000);
  CHECK(since({a_start(), an_invocation()}) == 1'001'000);
  CHECK(since({a_start(), an_invocation(), a_reply({a_call("fire")}), ToolStarted{{1, 1}, "fire"}}) ==
        1'003'000);
}

TEST_CASE("A run is not due before its time, and due since then") {
  CHECK(since(then(suspended("rate_limit", kNow + 1))) == std::nullopt);
  CHECK(since(then(suspended("rate_limit", kNow))) == kNow);
  CHECK(since(then(suspended("timer", 1'500'000))) == 1'500'000);
  CHECK(since(then(suspended("outage", 1000))) == 1'002'000);
}

TEST_CASE("A run that waits for a person is due once there is a letter, since it was left") {
  CHECK(since(waiting()) == std::nullopt);
  CHECK(since(waiting(), {letter_left_at(1'500'000, Letter::Kind::Approve)}) == 1'500'000);
  CHECK(since(waiting(), {letter_left_at(5), letter_left_at(1'500'000)}) == 1'004'000);
}

TEST_CASE("A letter makes a run due before its time, but one that it knows does not") {
  const Letter letter = letter_left_at(1'500'000);
  CHECK(since(then(suspended("timer", kNow + 1)), {letter}) == 1'500'000);
  const std::vector<Event> told{a_start(), an_invocation(), UserSaid{"hello", letter.id},
                                suspended("timer", kNow + 1)};
  CHECK(since(told, {letter}) == std::nullopt);
  CHECK(since(told, {letter, letter_left_at(1'600'000)}) == 1'600'000);
}

TEST_CASE("A run that has ended is never due; a failure that can be mended is, once somebody says so") {
  const std::vector<Letter> letters{letter_left_at(1'500'000)};
  for (const Event& ending : std::vector<Event>{Completed{"done"}, Cancelled{}, LimitReached{"steps", ""},
                                                Failed{"refused", "", false}, Failed{"auth", "", true}})
    CHECK(since(then(ending)) == std::nullopt);
  for (const Event& ending : std::vector<Event>{Completed{"done"}, Cancelled{}, LimitReached{"steps", ""},
                                                Failed{"refused", "", false}})
    CHECK(since(then(ending), letters) == std::nullopt);
  CHECK(since(then(Failed{"auth", "", true}), letters) == 1'500'000);
}

TEST_CASE("A run that somebody works on, or that never began, is not due") {
  RunView held = view_of(then(suspended("deadline")));
  held.is_held = true;
  CHECK(due_since(held, {}, kNow) == std::nullopt);
  CHECK(due_since({}, std::vector<Letter>{letter_left_at(5)}, kNow) == std::nullopt);
}

TEST_CASE("The cheap look lets go of what a last record settles") {
  const auto may = [](const Event& event, bool has_letters) {
    return may_be_due({9, 1000, 1, event}, has_letters, kNow);
  };
  CHECK_FALSE(may(Completed{"done"}, true));
  CHECK_FALSE(may(Cancelled{}, true));
  CHECK_FALSE(may(LimitReached{"steps", ""}, true));
  CHECK_FALSE(may(Failed{"auth", "", true}, false));
  CHECK(may(Failed{"auth", "", true}, true));
  CHECK_FALSE(may(suspended("timer", kNow + 1), false));
  CHECK(may(suspended("timer", kNow + 1), true));
  CHECK(may(suspended("timer", kNow), false));
  CHECK(may(an_invocation(), false));
}

TEST_CASE("Who has waited longest comes first, and of two the first by name") {
  std::vector<DueRun> runs{{"c", 5}, {"b", 7}, {"a", 7}, {"d", 1}};
  sort_by_wait(runs);
  CHECK(runs == std::vector<DueRun>{{"d", 1}, {"c", 5}, {"a", 7}, {"b", 7}});
}

TEST_CASE("A run is begun only if a model call fits into the time that is left") {
  CHECK(has_time({"a", 0, 60'000}, std::nullopt));
  CHECK(has_time({"a", 0, 60'000}, 60'000));
  CHECK_FALSE(has_time({"a", 0, 60'000}, 59'999));
  CHECK(has_time({"a", 0, 0}, 3000));
  CHECK_FALSE(has_time({"a", 0, 0}, 2999));
}
