#pragma once

#include <map>
#include <string>

#include "core/os/child_process.h"
#include "core/os/sandbox.h"
#include "tests/support/fake_stop.h"
#include "tests/support/temp_folder.h"
#include "tools/sandbox.h"

namespace agentd {

constexpr const char* kSecretText = "SECRET-7f3a";

/// A home folder, a memory directory with two runs and a folder of somebody else, each holding secrets; and
/// the workspace of one of the runs, in which commands run.
class SandboxBench {
 public:
  SandboxBench() {
    for (const char* file : {"home/.ssh/id", "home/.aws/credentials", "home/notes", "memory/cache.db",
                             "memory/runs/mine/journal.db", "memory/runs/other/journal.db",
                             "memory/runs/other/workspace/draft", "outside/file"}) {
      folder.write(file, kSecretText);
    }
    folder.write("memory/runs/mine/workspace/own", "own");
    places.workspace = folder / "memory/runs/mine/workspace";
    places.memory = folder / "memory";
    places.scratch = folder / "memory/runs/mine/scratch";
    places.environment = {{"HOME", folder / "home"}, {"PATH", "/usr/local/bin:/usr/bin:/bin"}};
  }

  SandboxPlan plan() const {
    SandboxPlan plan = plan_sandbox(places, support);
    plan.sandbox.network = network;
    plan.sandbox.landlock = support.landlock;
    plan.sandbox.memory_mb = memory_mb;
    plan.sandbox.file_mb = file_mb;
    return plan;
  }

  ProcessRequest request(const std::string& command) const {
    ProcessRequest request;
    request.argv = {"/bin/sh", "-c", command};
    request.folder = places.workspace;
    request.env = places.environment;
    request.env["ROOT"] = folder.path();
    request.timeout_ms = 60'000;
    return request;
  }

  /// All that it put out, and how it ended if that was no exit.
  static std::string output_of(const ProcessRequest& request) {
    std::string output;
    const ProcessResult result = ChildProcess().run(
        request, [&](std::string_view bytes) { output += bytes; }, NeverStop());
    return result.end == ProcessResult::End::Exited ? output : output + "[" + result.message + "]";
  }

  std::string run(const std::string& command) const {
    ProcessRequest confined = request(command);
    const SandboxPlan made = plan();
    confined.sandbox = made.sandbox;
    for (const auto& [name, value] : made.environment) confined.env[name] = value;
    return output_of(confined);
  }
  std::string run_freely(const std::string& command) const { return output_of(request(command)); }

  /// Every file outside of the workspace with its content.
  std::map<std::string, std::string> rest() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
      const std::string name = entry.path().lexically_relative(folder.path());
      if (name.starts_with("memory/runs/mine/workspace") || name.starts_with("memory/runs/mine/scratch"))
        continue;
      files[name] = entry.is_regular_file() ? folder.read(name) : "";
    }
    return files;
  }

  bool has_landlock() const { return support.landlock > 0; }

  TempFolder folder;
  SandboxPlaces places;
  SandboxSupport support = sandbox_support();
  bool network = true;
  std::optional<std::int64_t> memory_mb = {};
  std::optional<std::int64_t> file_mb = {};
};

}  // namespace agentd
