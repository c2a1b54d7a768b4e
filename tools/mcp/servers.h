#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tools/mcp/server.h"

namespace agentd {

/// The MCP servers of a task, and their tools as the run's journal has them.
class McpServers {
 public:
  /// `journaled`: the tools of the run so far, other tools among them. Nothing is connected to yet.
  McpServers(const std::vector<ToolSetup>& setups, const std::vector<ToolSpec>& journaled,
             const ToolContext& context);
  ~McpServers();
  McpServers(const McpServers&) = delete;
  McpServers& operator=(const McpServers&) = delete;

  /// Whether a server has not told its tools yet, or they have changed since.
  bool has_news() const;
  /// Asks those, side by side. One that gives no answer keeps the tools that it had.
  void list(const Stop& stop);
  /// The tools of one server, in its order.
  const std::vector<ToolSpec>& specs(const std::string& server) const;
  /// Why tools are missing, a sentence each, since it was asked last.
  std::vector<std::string> take_problems() { return std::exchange(problems_, {}); }
  /// Null for a tool that no server has. It lives as long as this.
  std::unique_ptr<Tool> make_tool(const std::string& name) const;

 private:
  struct Entry {
    std::unique_ptr<McpServer> server;
    std::vector<ToolSpec> specs = {};
    bool is_asked = false;
  };

  void take(Entry& entry, const std::string& name, McpTools tools);

  std::map<std::string, Entry> entries_;
  std::vector<std::string> problems_;
};

}  // namespace agentd
