#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "core/os/child_process.h"
#include "tests/support/fake_stop.h"
#include "tests/support/temp_folder.h"
#include "tools/mcp/server.h"

namespace agentd {

/// What a call came to, as one value.
struct McpAnswer {
  Outcome outcome = Outcome::Ok;
  std::string text = {};
  bool cut_off = false;
  bool operator==(const McpAnswer&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const McpAnswer& answer) {
  return out << static_cast<int>(answer.outcome) << (answer.cut_off ? " cut off " : " ") << answer.text;
}

inline ToolSpec mcp_spec(const std::string& name, Effect effect = Effect::Once) {
  return {"s__" + name, "", R"({"type":"object"})", effect, "s", name};
}

inline McpAnswer call_tool(McpServer& server, const ToolSpec& spec, const std::string& arguments = "{}",
                           const Stop& stop = NeverStop()) {
  McpAnswer all;
  const ToolRun run{{1, 1}, spec.name, arguments, "key-1"};
  ToolAnswer answer = server.call(spec, run, stop, [&](std::string_view bytes) { all.text += bytes; });
  all.outcome = answer.outcome;
  all.text += answer.text;
  all.cut_off = answer.cut_off;
  return all;
}

/// A result of tools/list; `more`: further members.
inline std::string listed(const std::vector<std::string>& names, const std::string& more = "") {
  std::string tools;
  for (const std::string& name : names)
    tools += (tools.empty() ? "" : ",") + ("{\"name\":\"" + name + "\",\"inputSchema\":{\"type\":\"object\"}}");
  return "{\"tools\":[" + tools + "]" + more + "}";
}

inline std::vector<std::string> names_of(const McpTools& tools) {
  std::vector<std::string> names;
  for (const ToolSpec& spec : tools.specs) names.push_back(spec.name);
  return names;
}

/// An awkward server in a folder of its own.
class McpGround {
 public:
  /// `script`: see awkward_server.cpp
  explicit McpGround(const std::string& script) {
    folder.write("script", script);
    setup.name = "s";
    setup.program.argv = {AGENTD_AWKWARD_SERVER, folder / "script", folder / "log"};
    setup.program.folder = folder.path();
    setup.timeout_ms = 20'000;
  }

  McpServer& server() {
    if (!server_) server_.emplace(setup, process, nullptr);
    return *server_;
  }
  void end_server() { server_.reset(); }
  McpAnswer call(const std::string& tool, const std::string& arguments = "{}") {
    return call_tool(server(), mcp_spec(tool), arguments);
  }
  /// What it has been sent, line by line, and when it started and ended.
  std::vector<std::string> log() const {
    std::vector<std::string> lines;
    std::istringstream text(folder.read("log"));
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }
  /// The methods of that.
  std::vector<std::string> methods() const {
    std::vector<std::string> methods;
    for (const std::string& line : log()) {
      const auto message = nlohmann::json::parse(line, nullptr, false);
      methods.push_back(message.is_discarded() ? line : message.value("method", "response"));
    }
    return methods;
  }

  TempFolder folder;
  McpSetup setup;
  ChildProcess process;

 private:
  std::optional<McpServer> server_;
};

}  // namespace agentd
