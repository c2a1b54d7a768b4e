#include "tools/tools.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/environment.h"
#include "cli/expand.h"
#include "cli/narrate.h"
#include "cli/task_file.h"
#include "cli/tool_listing.h"
#include "cli/yaml.h"
#include "core/mask.h"
#include "core/os/child_process.h"
#include "core/os/curl_http.h"
#include "core/os/signals.h"
#include "core/os/system_clock.h"
#include "core/text.h"

extern char** environ;

namespace agentd {

namespace {

namespace fs = std::filesystem;

/// For servers to be started in, as in a run's workspace.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "agentd-tools-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw Error(Exit::Failed, "cannot make a folder in " + fs::temp_directory_path().string() +
                                    ": make room there, or set TMPDIR");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

Task task_with_all_tools() {
  Task task;
  for (const std::string_view name : tool_names()) task.tools.push_back({.name = std::string(name)});
  task.permissions = read_config().permissions;
  return task;
}

/// What a task's tools turn out to be.
struct Listing {
  std::vector<ListedTool> tools;
  std::vector<std::string> problems;
};

std::string placed(const Problem& problem, const std::string& file) {
  try {
    parse_yaml(read_text_file(file), file).refuse({problem});
  } catch (const Error& error) {
    return error.what();
  }
  return problem.message;
}

/// A server is asked with its variables; what the other tools are does not depend on any. What is missing is
/// told with its place in the file.
std::vector<ToolSetup> expanded(const Task& task, const std::string& file, Listing& listing) {
  std::vector<ToolSetup> tools;
  for (std::size_t i = 0; i < task.tools.size(); ++i) {
    Task alone;
    alone.tools = {task.tools[i]};
    try {
      tools.push_back(expanded_tools(alone, variable_of_process).front());
    } catch (const Error& error) {
      const ToolSetup& tool = task.tools[i];
      const std::string& key = tool.kind.empty() ? tool.name : tool.kind;
      listing.problems.push_back(placed({"/tools/" + std::to_string(i) + "/" + key, error.what()}, file));
      if (tool.kind != "mcp") tools.push_back(tool);
    }
  }
  return tools;
}

bool has_servers(const Task& task) {
  return std::any_of(task.tools.begin(), task.tools.end(),
                     [](const ToolSetup& setup) { return setup.kind == "mcp"; });
}

/// Calls no tool, but servers are asked for theirs.
Listing ask(Task task, const std::string& file) {
  Listing listing;
  Secrets secrets(known_secrets(task));
  task.tools = expanded(task, file, listing);
  SystemClock clock;
  ChildProcess process;
  const auto stop = make_process_stop(std::nullopt);
  const auto http = make_curl_http();
  std::optional<TemporaryFolder> folder;
  if (has_servers(task)) folder.emplace();
  const fs::path outputs = folder ? folder->path() : fs::path();
  const auto toolbox = make_toolbox(task.tools,
                                    {.workspace = task.workspace.empty() ? outputs : fs::path(task.workspace),
                                     .outputs = outputs,
                                     .process = process,
                                     .stop = *stop,
                                     .environment = tool_environment(environ),
                                     .secrets = secrets,
                                     .clock = &clock,
                                     .http = http.get(),
                                     .make_http = make_curl_http},
                                    clock);
  std::vector<ToolSpec> specs = toolbox->specs(*stop);
  mask(specs, secrets);
  listing.tools = list_tools(specs, task);
  for (std::string& problem : toolbox->take_problems()) listing.problems.push_back(mask(problem, secrets));
  return listing;
}

}  // namespace

Exit tools_command(const Args& args) {
  const Listing listing = ask(
      args.target.empty() ? task_with_all_tools() : read_task_file(args.target, read_config()), args.target);
  std::cout << (args.output == Output::Json ? tools_json(listing.tools, listing.problems) + "\n"
                                            : tools_text(listing.tools));
  for (const std::string& problem : listing.problems) std::cerr << "agentd: " << printable(problem) << '\n';
  return listing.problems.empty() ? Exit::Completed : Exit::Failed;
}

}  // namespace agentd
