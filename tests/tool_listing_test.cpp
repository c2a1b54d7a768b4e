#include "cli/tool_listing.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace agentd;
using nlohmann::ordered_json;

namespace {

Task a_task() {
  Task task;
  task.tools = {{.name = "shell"}, {.kind = "exec", .name = "pdf"}, {.kind = "mcp", .name = "fs"}};
  task.permissions = {{"deny", "shell"}, {"ask", "pdf"}, {"deny", "fs__read(path=/etc/*)"}};
  return task;
}

std::vector<ToolSpec> some_specs() {
  return {{"shell", "Runs a command. Slowly.", R"({"type":"object"})", Effect::Once},
          {"pdf", "Text of a PDF", "no JSON", Effect::Idempotent},
          {"fs__read", "Reads\na file.\nWhole.", "{}", Effect::Read, "fs", "read"}};
}

}  // namespace

TEST_CASE("Tools are listed with where they come from and what the permissions say of them") {
  const auto specs = some_specs();
  CHECK(list_tools(specs, a_task()) == std::vector<ListedTool>{{specs[0], "built-in", "deny"},
                                                               {specs[1], "exec", "ask"},
                                                               {specs[2], "mcp fs", "depends"}});
}

TEST_CASE("A tool takes one line of a table") {
  CHECK(tools_text(list_tools(some_specs(), a_task())) ==
        "TOOL      SOURCE    EFFECT      PERMISSION  WHAT IT DOES\n"
        "shell     built-in  once        deny        Runs a command.\n"
        "pdf       exec      idempotent  ask         Text of a PDF\n"
        "fs__read  mcp fs    read        depends     Reads a file.\n");
}

TEST_CASE("A program gets the whole of each tool, and why others are missing") {
  const auto object = ordered_json::parse(tools_json(list_tools(some_specs(), a_task()), {"tracker hangs"}));
  CHECK(object["tools"][0] ==
        ordered_json::parse(R"({"name":"shell","source":"built-in","server":null,"remote_name":null,)"
                            R"("effect":"once","permission":"deny","description":"Runs a command. Slowly.",)"
                            R"("schema":{"type":"object"}})"));
  CHECK(object["tools"][1]["schema"].is_null());
  CHECK(object["tools"][2]["server"] == "fs");
  CHECK(object["tools"][2]["remote_name"] == "read");
  CHECK(object["problems"] == ordered_json::parse(R"(["tracker hangs"])"));
}
