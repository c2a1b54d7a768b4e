#include <iostream>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/task_file.h"
#include "core/error.h"
#include "core/model/models.h"
#include "core/os/curl_http.h"
#include "core/os/system_clock.h"
#include "core/task_json.h"
#include "tools/tools.h"

namespace agentd {

namespace {

/// What only making the model and the tools shows: a provider that is not built, a script or setting of the
/// wrong form. Keys are no part of the file, so every variable counts as set.
void check_parts(const std::string& file, const Task& task) {
  SystemClock clock;
  const auto http = make_curl_http();
  Secrets none;
  const auto any_value = [](const std::string&) { return std::optional<std::string>("http://localhost"); };
  try {
    make_model(task.model, {}, {*http, clock, none, any_value, {}});
    for (const ToolSetup& tool : task.tools) {
      make_tool(tool);
      if (tool.kind == "agent") check_parts(file + ": the agent " + tool.name, child_task(tool));
    }
  } catch (const Error& error) {
    throw Error(error.exit(), file + ": " + error.what());
  }
}

}  // namespace

Exit validate_command(const Args& args) {
  const Task task = read_task_file(args.target, read_config(), args.model);
  check_parts(args.target, task);
  if (!args.quiet) std::cerr << args.target << ": good, task " << task.name << '\n';
  return Exit::Completed;
}

Exit schema_command(const Args&) {
  std::cout << task_json_schema() << '\n';
  return Exit::Completed;
}

}  // namespace agentd
