#include "cli/wish.h"

#include "tests/support/catch.h"
#include "tests/support/story.h"
#include "tools/tools.h"

using namespace agentd;

namespace {

Wish a_wish() {
  Wish wish{.id = "demo-1", .task = a_start().task, .goal = "Count."};
  wish.task.goal = wish.goal;
  wish.task.tools = {{.name = "list"}};
  return wish;
}

Opening an_opening() {
  return {an_invocation(), {}, false, [](const Task& task) { return tool_specs(task.tools); }};
}

}  // namespace

TEST_CASE("a run begins with all that its requests are made of") {
  Wish wish = a_wish();
  wish.task.model.tool_calling = "text";
  wish.task.output.schema = R"({"type":"object"})";
  const auto events = opening_events(wish, State{}, an_opening());
  const auto& start = std::get<RunStarted>(events.at(0));
  CHECK(start.agentd == AGENTD_VERSION);
  CHECK_THAT(start.text_protocol, ContainsSubstring("Action Input:"));
  CHECK_THAT(start.text_protocol, ContainsSubstring("\nlist: "));
  CHECK_THAT(start.system, ContainsSubstring(R"({"type":"object"})"));
  CHECK(start.tools.size() == 1);
  wish.task.model.tool_calling = "native";
  CHECK(std::get<RunStarted>(opening_events(wish, State{}, an_opening()).at(0)).text_protocol.empty());
}

TEST_CASE("a raised limit leaves what the model was told as it was, whatever this binary would say") {
  Wish wish = a_wish();
  wish.task.model.tool_calling = "text";
  RunStarted start = std::get<RunStarted>(opening_events(wish, State{}, an_opening()).at(0));
  start.text_protocol = "as an older agentd said it";
  const State state = Story({start, an_invocation()}).state();
  wish.task.limits.steps = 99;
  const auto events = opening_events(wish, state, an_opening());
  CHECK(std::get<TaskUpdated>(events.at(1)).text_protocol == start.text_protocol);
  wish.task.tools.push_back({.name = "search"});
  const auto changed = opening_events(wish, state, an_opening());
  CHECK_THAT(std::get<TaskUpdated>(changed.at(1)).text_protocol, ContainsSubstring("\nsearch: "));
}

TEST_CASE("another form of the answer is for the person to adopt") {
  Wish wish = a_wish();
  const State state =
      Story({std::get<RunStarted>(opening_events(wish, State{}, an_opening()).at(0)), an_invocation()})
          .state();
  wish.task.output.schema = R"({"type":"array"})";
  CHECK_THROWS_WITH(opening_events(wish, state, an_opening()), ContainsSubstring("--adopt"));
  wish.adopt = true;
  const auto events = opening_events(wish, state, an_opening());
  CHECK_THAT(std::get<TaskUpdated>(events.at(1)).note, ContainsSubstring(R"({"type":"array"})"));
}
