// The crash sweep of runs that need people, time and checks: whatever instant a process dies at, and whenever
// a letter comes, the run ends as an undisturbed one does.

#include "tests/support/catch.h"
#include "tests/support/fake_world.h"
#include "tests/support/story.h"

using namespace agentd;

namespace {

/// `put` and `fire` need a person, `ban` is denied; a person refuses call 2.1 and allows all others.
RunStarted a_task(const std::string& script) {
  RunStarted start = a_start();
  start.task.model.script = script;
  start.task.limits.stuck_after = 100;
  start.task.permissions = {{"ask", "put"}, {"ask", "fire"}, {"deny", "ban"}};
  for (const char* name : {"ask", "wait"}) start.tools.push_back({name, "", "{}", Effect::Read, "", ""});
  return start;
}

struct Scene {
  const char* promise;
  RunStarted start;
  std::set<std::string> failing = {};
  std::string answer = "done";
};

std::vector<Scene> scenes() {
  RunStarted checked = a_task(R"([{"call":{"look":{}}},{"answer":"one"},{"answer":"two"},{"answer":"two"}])");
  checked.task.verify = {{.shell = "make"}, {.shell = "test -s a"}};
  return {
      {"approvals",
       a_task(R"([{"calls":[{"put":{}},{"fire":{"at":1}},{"look":{}}]},{"call":{"fire":{"at":2}}},
                               {"answer":"done"},{"answer":"done"}])")},
      {"a question", a_task(R"([{"calls":[{"ask":{}},{"look":{}}]},{"answer":"done"},{"answer":"done"}])")},
      {"timers", a_task(R"([{"calls":[{"wait":{"ms":30000}},{"look":{}}]},{"call":{"wait":{"ms":3600000}}},
                            {"answer":"done"},{"answer":"done"}])")},
      {"a check that fails once", checked, {"2.2"}, "two"},
      {"all at once",
       a_task(R"([{"calls":[{"fire":{}},{"ban":{}},{"ask":{}},{"wait":{"ms":90000}},{"look":{}}]},
                                 {"answer":"done"},{"answer":"done"}])")},
  };
}

/// Looks at the run when no letter is on its way, and says what it needs, twice.
void visit(Lasting& lasting, const State& state, int& letters) {
  if (!lasting.letters.empty()) return;
  for (const CallState& call : state.calls) {
    if (!needs_person(call)) continue;
    const bool is_question = call.status == CallStatus::Asking;
    const bool refuses = call.id == CallId{2, 1};
    const Letter letter{"",
                        is_question ? Letter::Kind::Say
                        : refuses   ? Letter::Kind::Deny
                                    : Letter::Kind::Approve,
                        is_question ? "blue"
                        : refuses   ? "not now"
                                    : "",
                        is_question ? CallId{} : call.id};
    for (int i = 0; i < (is_question ? 1 : 2); ++i) {
      lasting.letters.push_back(letter);
      lasting.letters.back().id = "p" + std::to_string(++letters);
    }
  }
}

/// Invocation after invocation until the run ends.
State live_on(Lasting& lasting, const Scene& scene, Fuse& fuse) {
  lasting.failing = scene.failing;
  int letters = 0;
  for (int lives = 0; lives < 30; ++lives) {
    try {
      live(lasting, scene.start, fuse);
    } catch (const Crash&) {
    }
    const State state = fold(lasting.journal);
    if (state.ending) return state;
    visit(lasting, state, letters);
    lasting.now_ms += 61'000;
    if (state.suspended && state.suspended->resume_at_ms && lasting.letters.empty())
      lasting.now_ms = std::max(lasting.now_ms, *state.suspended->resume_at_ms);
  }
  return fold(lasting.journal);
}

int times(const Lasting& lasting, const CallId& call) {
  const auto found = lasting.effects.find(to_string(call));
  return found == lasting.effects.end() ? 0 : found->second;
}

/// Denied: never; lasting or unknown: once at most; all others: at least once.
void check_effects(const Lasting& lasting) {
  for (const Record& record : lasting.journal.records) {
    const auto* e = std::get_if<ToolFinished>(&record.event);
    if (e == nullptr) continue;
    INFO("call " << to_string(e->call) << " took effect " << times(lasting, e->call) << " times");
    if (e->result.outcome == Outcome::Denied)
      CHECK(times(lasting, e->call) == 0);
    else if (e->result.outcome == Outcome::Unknown)
      CHECK(times(lasting, e->call) <= 1);
    else if (e->result.text.starts_with("fire"))
      CHECK(times(lasting, e->call) == 1);
    else
      CHECK(times(lasting, e->call) >= 1);
  }
}

/// Each event of a call that may come once has come once.
void check_events(const Lasting& lasting) {
  std::map<std::string, int> counts;
  for (const Record& record : lasting.journal.records) {
    const auto count = [&](const CallId& call) {
      ++counts[std::string(kind_of(record.event)) + " " + to_string(call)];
    };
    if (const auto* e = std::get_if<ApprovalRequested>(&record.event)) count(e->call);
    if (const auto* e = std::get_if<ApprovalGiven>(&record.event)) count(e->call);
    if (const auto* e = std::get_if<QuestionAsked>(&record.event)) count(e->call);
    if (const auto* e = std::get_if<TimerSet>(&record.event)) count(e->call);
    if (const auto* e = std::get_if<ToolFinished>(&record.event)) count(e->call);
  }
  for (const auto& [what, count] : counts) {
    INFO(what);
    CHECK(count == 1);
  }
}

void check_run(const Lasting& lasting, const State& state, const Scene& scene) {
  REQUIRE(state.ending);
  CHECK(*state.ending == Ending{Completed{scene.answer}});
  const bool is_disturbed = state.letters.contains("m1");  // between two attempts at the same request, maybe
  for (const auto& [step, bytes] : lasting.requests) {
    INFO("step " << step);
    CHECK(bytes.size() <= (is_disturbed ? 2U : 1U));
  }
  check_effects(lasting);
  check_events(lasting);
}

int instants(const Scene& scene) {
  Lasting lasting;
  Fuse fuse;
  check_run(lasting, live_on(lasting, scene, fuse), scene);
  return fuse.passed();
}

}  // namespace

TEST_CASE("a run that waits for people, times and checks survives a death at any instant, and two",
          "[sweep]") {
  for (const Scene& scene : scenes()) {
    const int count = instants(scene);
    for (int first = 1; first <= count; ++first)
      for (int second = first; second <= count; second += second == first ? 1 : 3) {
        INFO(scene.promise << ": died at " << first << " and " << second);
        Lasting lasting;
        Fuse fuse(std::set<int>{first, second});
        const State state = live_on(lasting, scene, fuse);
        check_run(lasting, state, scene);
        CHECK(lasting.letters.empty());
      }
  }
}

TEST_CASE("letters may come at any instant, and the process die at any other", "[sweep]") {
  for (const Scene& scene : scenes()) {
    const int count = instants(scene);
    for (int arrives = 1; arrives <= count; arrives += 2)
      for (int dies = 0; dies <= count; dies += 3) {
        INFO(scene.promise << ": letters at " << arrives << ", died at " << dies);
        Lasting lasting;
        Fuse fuse(dies);
        fuse.on_pass = [&](int instant) {
          if (instant != arrives) return;
          lasting.letters.push_back({"m1", Letter::Kind::Say, "hurry"});
          lasting.letters.push_back({"m2", Letter::Kind::Approve, "", {1, 1}});
          lasting.letters.push_back({"m3", Letter::Kind::Approve, "", {7, 7}});
          lasting.letters.push_back({"m4", Letter::Kind::Deny, "", {1, 3}});
        };
        const State state = live_on(lasting, scene, fuse);
        check_run(lasting, state, scene);
      }
  }
}
