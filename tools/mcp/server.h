#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/http.h"
#include "core/process.h"
#include "tools/mcp/setup.h"
#include "tools/tools.h"

namespace agentd {

/// What a server offers.
struct McpTools {
  std::vector<ToolSpec> specs = {};
  std::string instructions = {};        ///< the server's own word to the model on how to use it; may be empty
  std::vector<std::string> notes = {};  ///< sentences about tools that were left out
  std::string problem = {};             ///< a sentence; empty: the list is whole
  bool is_stopped = false;              ///< the invocation had to end first
};

/// An MCP server and its tools. Connects when it is first needed, and again when it was lost, within limits.
/// Whatever the server does costs a sentence in an answer or a list, at worst the time-out. May be used from
/// several threads; destroying it ends a program that was started within a second.
class McpServer {
 public:
  using MakeHttp = std::function<std::unique_ptr<HttpTransport>()>;

  McpServer(McpSetup setup, Process& process, MakeHttp make_http);
  ~McpServer();
  McpServer(const McpServer&) = delete;
  McpServer& operator=(const McpServer&) = delete;

  McpTools list(const Stop& stop);
  /// `spec`: as it was listed, in this invocation or in another.
  ToolAnswer call(const ToolSpec& spec, const ToolRun& run, const Stop& stop, const OutputSink& output);
  /// The server says that its list is another since it was asked for it last.
  bool has_changed() const;
  /// Begins to take leave and does not wait: of several servers, tell all before the first is destroyed.
  void close();

 private:
  class Link;

  McpSetup setup_;
  std::unique_ptr<Link> link_;
};

}  // namespace agentd
