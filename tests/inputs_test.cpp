#include "cli/inputs.h"

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

using namespace agentd;

namespace {

Task task_with_inputs() {
  Task task;
  task.name = "t";
  task.inputs = {{"count", "integer", false, "3", ""},
                 {"loud", "boolean", false, std::nullopt, ""},
                 {"rate", "number", false, "0.5", ""},
                 {"topic", "string", true, std::nullopt, ""}};
  return task;
}

}  // namespace

TEST_CASE("inputs come from -i, then the file, then the defaults") {
  const TempFolder folder;
  const std::string file = folder.write("in.json", R"({"topic":"tides","count":7,"rate":2})");
  CHECK(resolve_inputs(task_with_inputs(), {{"count", "08"}, {"loud", "true"}}, file, "") ==
        Inputs{{"count", "8"}, {"loud", "true"}, {"rate", "2"}, {"topic", "tides"}});
  CHECK(resolve_inputs(task_with_inputs(), {{"topic", ""}}, std::nullopt, "") ==
        Inputs{{"count", "3"}, {"loud", ""}, {"rate", "0.5"}, {"topic", ""}});
}

TEST_CASE("bad inputs are refused with what to give instead") {
  const std::vector<std::pair<std::pair<std::string, std::string>, const char*>> rows{
      {{"count", "many"}, "input 'count': expected a whole number, found 'many'; give -i count=VALUE"},
      {{"count", "1.5"}, "input 'count': expected a whole number, found '1.5'; give -i count=VALUE"},
      {{"count", "99999999999999999999"},
       "input 'count': expected a whole number, found '99999999999999999999'; give -i count=VALUE"},
      {{"rate", "nan"}, "input 'rate': expected a number, found 'nan'; give -i rate=VALUE"},
      {{"loud", "yes"}, "input 'loud': expected true or false, found 'yes'; give -i loud=VALUE"},
      {{"topics", "x"}, "the task has no input 'topics'; did you mean 'topic'?"},
      {{"qqqqq", "x"}, "the task has no input 'qqqqq'; it has: count, loud, rate, topic"}};
  for (const auto& [given, message] : rows)
    CHECK_THROWS_WITH(resolve_inputs(task_with_inputs(), {given}, std::nullopt, ""), message);
}

TEST_CASE("a missing input is named with its place in the task file") {
  const TempFolder folder;
  const std::string file = folder.write("task.yaml", "name: t\ninputs:\n  topic: {required: true}\n");
  CHECK_THROWS_WITH(resolve_inputs(task_with_inputs(), {{"count", "1"}}, std::nullopt, file),
                    file + ":3:3: input 'topic' was not given; add -i topic=VALUE");
}

TEST_CASE("a bad file of inputs is refused by name") {
  const TempFolder folder;
  const std::string list = folder.write("list.json", "[1]");
  CHECK_THROWS_WITH(resolve_inputs(task_with_inputs(), {}, list, ""),
                    ContainsSubstring(list + " is not a JSON object"));
  const std::string deep = folder.write("deep.json", R"({"topic":{}})");
  CHECK_THROWS_WITH(resolve_inputs(task_with_inputs(), {}, deep, ""),
                    deep + ": input 'topic': expected a text, a number, true or false");
  CHECK_THROWS_WITH(resolve_inputs(task_with_inputs(), {}, "/nowhere.json", ""),
                    "cannot read /nowhere.json: No such file or directory");
}

TEST_CASE("the same task, goal and inputs give the same id, others another") {
  Task task;
  task.name = "digest";
  const std::string id = run_id_for(task, "goal", {{"a", "1"}});
  CHECK(id == "digest-1e234af8");
  CHECK(run_id_for(task, "goal", {{"a", "1"}}) == id);
  CHECK(run_id_for(task, "goal", {{"a", "2"}}) != id);
  CHECK(run_id_for(task, "goal", {}) != id);
  CHECK(run_id_for(task, "goal2", {{"a", "1"}}) != id);
}
