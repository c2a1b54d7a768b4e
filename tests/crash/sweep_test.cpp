// The crash sweep: a process that dies at any instant, and its successor too, leaves a run that ends as an
// undisturbed one does.

#include "tests/support/catch.h"
#include "tests/support/fake_world.h"
#include "tests/support/story.h"

using namespace agentd;

namespace {

RunStarted a_task(const std::string& script) {
  RunStarted start = a_start();
  start.task.model.script = script;
  start.task.limits.stuck_after = 100;
  return start;
}

/// Nothing here may be lost or told apart: every call can be done again.
RunStarted repeatable_task() {
  return a_task(R"([{"say":"Two.","calls":[{"look":{"at":"a"}},{"put":{"at":"b"}}]},
                    {"call":{"look":{"at":"{{observations[1]}}"}}},
                    {"answer":"{{observations[2]}}"}])");
}

RunStarted once_task() {
  return a_task(R"([{"calls":[{"fire":{"at":1}},{"look":{"at":2}},{"fire":{"at":3}}]},
                    {"call":{"fire":{"at":4}}},
                    {"answer":"done"}])");
}

/// Lives that end at the given instants, then one that does not. The last live state.
State live_through(Lasting& lasting, const RunStarted& start, const std::vector<int>& deaths) {
  for (const int death : deaths) {
    if (fold(lasting.journal).ending) break;
    Fuse fuse(death);
    try {
      live(lasting, start, fuse);
    } catch (const Crash&) {
    }
    lasting.now_ms += 60'000;
  }
  State state = fold(lasting.journal);
  Fuse fuse;
  return state.ending ? state : live(lasting, start, fuse);
}

int instants(const RunStarted& start) {
  Lasting lasting;
  lasting.letters = {{"l1", Letter::Kind::Say, "hurry"}};
  Fuse fuse;
  live(lasting, start, fuse);
  return fuse.passed();
}

bool has_unknown(const Lasting& lasting) {
  for (const Record& record : lasting.journal.records)
    if (const auto* e = std::get_if<ToolFinished>(&record.event); e && e->result.outcome == Outcome::Unknown)
      return true;
  return false;
}

/// A call that reported is done; a `once` call that did not is done at most once.
void check_effects(const Lasting& lasting) {
  for (const Record& record : lasting.journal.records) {
    const auto* e = std::get_if<ToolFinished>(&record.event);
    if (!e) continue;
    const auto found = lasting.effects.find(to_string(e->call));
    const int times = found == lasting.effects.end() ? 0 : found->second;
    INFO("call " << to_string(e->call) << " took effect " << times << " times");
    if (e->result.outcome == Outcome::Unknown)
      CHECK(times <= 1);
    else
      CHECK(times >= 1);
    if (e->result.text.starts_with("fire")) CHECK(times == 1);
  }
}

void check_sweep(const RunStarted& start, const std::vector<std::vector<int>>& all_deaths) {
  Lasting undisturbed;
  undisturbed.letters = {{"l1", Letter::Kind::Say, "hurry"}};
  Fuse fuse;
  const State expected = live(undisturbed, start, fuse);
  REQUIRE(std::holds_alternative<Completed>(*expected.ending));
  for (const auto& deaths : all_deaths) {
    INFO("died at " << deaths.front() << ", then at " << deaths.back());
    Lasting lasting;
    lasting.letters = {{"l1", Letter::Kind::Say, "hurry"}};
    const State state = live_through(lasting, start, deaths);
    CHECK(state.ending == expected.ending);
    CHECK(state == fold(lasting.journal));
    CHECK(lasting.letters.empty());
    check_effects(lasting);
    if (!has_unknown(lasting)) {
      CHECK(lasting.requests == undisturbed.requests);
      CHECK(state.transcript == expected.transcript);
    }
  }
}

std::vector<std::vector<int>> one_death(int instants) {
  std::vector<std::vector<int>> all;
  for (int i = 1; i <= instants; ++i) all.push_back({i});
  return all;
}

std::vector<std::vector<int>> two_deaths(int instants) {
  std::vector<std::vector<int>> all;
  for (int i = 1; i <= instants; ++i)
    for (int j = 1; j <= instants; ++j) all.push_back({i, j});
  return all;
}

}  // namespace

TEST_CASE("a run killed at any instant, and killed again at any other, sends the bytes of a run never killed",
          "[sweep]") {
  const RunStarted start = repeatable_task();
  check_sweep(start, one_death(instants(start)));
  check_sweep(start, two_deaths(instants(start)));
}

TEST_CASE("a call with a lasting effect is never run again by itself, whatever instant the process dies at",
          "[sweep]") {
  const RunStarted start = once_task();
  check_sweep(start, one_death(instants(start)));
  check_sweep(start, two_deaths(instants(start)));
}

TEST_CASE(
    "a run that makes room on its way sends the bytes of a run never killed, whatever instant it dies at",
    "[sweep]") {
  const std::string large(1'500, 'x');
  std::string script;
  for (int i = 1; i <= 14; ++i)
    script += R"({"call":{"look":{"at":")" + std::to_string(i) + large + R"("}}},)";
  RunStarted start = a_task("[" + script + R"({"answer":"the last was {{observations[13]}}"}])");
  start.task.model.context_tokens = 6'000;
  Lasting undisturbed;
  Fuse fuse;
  live(undisturbed, start, fuse);
  const auto is_summary = [](const Record& record) {
    const auto* e = std::get_if<Compacted>(&record.event);
    return e != nullptr && !e->summary.empty();
  };
  REQUIRE(std::any_of(undisturbed.journal.records.begin(), undisturbed.journal.records.end(), is_summary));
  check_sweep(start, one_death(instants(start)));
}

TEST_CASE("a process that always dies before it gets anywhere ends as stuck", "[sweep]") {
  RunStarted start = repeatable_task();
  start.task.limits.stuck_after = 3;
  Lasting lasting;
  const int before_the_reply = 8;
  const State state = live_through(lasting, start, {before_the_reply, 6, 6, 6});
  REQUIRE(state.ending);
  CHECK(std::get<Failed>(*state.ending).reason == "stuck");
}
