#include <nlohmann/json.hpp>

#include "core/os/child_process.h"
#include "core/os/system_clock.h"
#include "core/task_json.h"
#include "tests/support/catch.h"
#include "tests/support/fake_stop.h"
#include "tests/support/story.h"
#include "tests/support/temp_folder.h"
#include "tools/tools.h"

namespace agentd {
namespace {

/// A run that stands as it is told to.
class FakeChildren : public ChildRuns {
 public:
  State run(const ToolRun& call, const Task&, const Inputs& given, const Stop&) override {
    key = call.key;
    inputs = given;
    return story.state();
  }
  Story story{{a_start(), an_invocation(), a_reply({}, "42")}};
  Inputs inputs;
  std::string key;
};

struct Desk {
  Event call(const std::string& arguments, const Stop& stop = NeverStop()) {
    Task task = a_start().task;
    task.inputs = {{.name = "topic", .required = true, .description = "What."},
                   {.name = "depth", .type = "integer", .default_value = "2"}};
    const std::vector<ToolSetup> setups{
        {.kind = "agent", .name = "helper", .description = "Helps.", .task = task_to_json(task)}};
    ToolContext context{folder / "in", folder / "outputs", process, stop, {}, secrets};
    context.children = &children;
    const auto tools = make_toolbox(setups, std::move(context), clock);
    spec = tools->specs(stop).at(0);
    std::vector<Event> events;
    const std::vector<ToolRun> runs{{{3, 1}, "helper", arguments, "the-key"}};
    tools->run(runs, stop, [&](Event event) { events.push_back(std::move(event)); });
    return events.empty() ? Event(Cancelled{}) : events.at(0);
  }

  TempFolder folder;
  ChildProcess process;
  SystemClock clock;
  Secrets secrets;
  FakeChildren children;
  ToolSpec spec;
};

TEST_CASE("an agent is a tool whose arguments are the inputs of its task", "[agent]") {
  Desk desk;
  desk.children.story.tell(Completed{"42"});
  const auto finished = std::get<ToolFinished>(desk.call(R"({"topic":"moons"})"));
  CHECK(finished.result == ToolResult{Outcome::Ok, "42", {}});
  CHECK(finished.spent == Spent{{10, 5, 0, 3}, 1, 0.25});
  CHECK(desk.children.inputs == Inputs{{"topic", "moons"}, {"depth", "2"}});
  CHECK(desk.children.key == "the-key");
  CHECK(desk.spec.effect == Effect::Idempotent);
  CHECK(
      nlohmann::json::parse(desk.spec.parameters) ==
      nlohmann::json::parse(
          R"({"type":"object","properties":{"topic":{"type":"string","description":"What."},"depth":{"type":"integer"}},)"
          R"("required":["topic"],"additionalProperties":false})"));
}

TEST_CASE("an agent that ends without an answer is a call that failed, and is paid for", "[agent]") {
  for (const Event& ending : {Event(Failed{"auth", "wrong key", true}), Event(Cancelled{}),
                              Event(LimitReached{"steps", "limits.steps is 3"})}) {
    Desk desk;
    desk.children.story.tell(ending);
    const auto finished = std::get<ToolFinished>(desk.call(R"({"topic":"moons"})"));
    CHECK(finished.result.outcome == Outcome::Error);
    CHECK_THAT(finished.result.text,
               ContainsSubstring("ended without an answer") && ContainsSubstring("agentd show demo-1"));
    CHECK(finished.spent->cost_usd == 0.25);
  }
}

TEST_CASE("an agent that must pause makes its run pause, and names itself", "[agent]") {
  Desk desk;
  desk.children.story.tell(Suspended{"outage", 5'000'000, "it is down"});
  const auto held = std::get<Suspended>(desk.call(R"({"topic":"moons"})"));
  CHECK(held.reason == "outage");
  CHECK(held.resume_at_ms == 5'000'000);
  CHECK(held.child == "demo-1");
  CHECK(held.message == "run demo-1: it is down");
  SECTION("but not where all ends: then the call goes on by itself") {
    FakeStop stop;
    stop.signal();
    CHECK(std::holds_alternative<Cancelled>(desk.call(R"({"topic":"moons"})", stop)));
  }
}

TEST_CASE("the agent furthest down is the one that is named", "[agent]") {
  Desk desk;
  desk.children.story.tell(
      Suspended{"question", {}, "run demo-1.3.1: call 1.1 needs an answer", "demo-1.3.1"});
  const auto held = std::get<Suspended>(desk.call(R"({"topic":"moons"})"));
  CHECK(held.child == "demo-1.3.1");
  CHECK(held.message == "run demo-1.3.1: call 1.1 needs an answer");
}

TEST_CASE("a call that does not fit an agent's inputs begins no run", "[agent]") {
  for (const char* arguments : {"{}", R"({"topic":"x","depth":"deep"})", R"({"topic":"x","more":1})", "[]"}) {
    Desk desk;
    const auto finished = std::get<ToolFinished>(desk.call(arguments));
    CHECK(finished.result.outcome == Outcome::Error);
    CHECK(desk.children.key.empty());
  }
}

}  // namespace
}  // namespace agentd
