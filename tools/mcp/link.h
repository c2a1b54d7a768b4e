#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>

#include "core/process.h"
#include "tools/mcp/connection.h"
#include "tools/mcp/server.h"
#include "tools/mcp/token.h"

namespace agentd {

/// The connection to a server, made when it is needed, and anew when it broke.
class McpServer::Link {
 public:
  Link(const McpSetup& setup, Process& process, MakeHttp make_http);

  /// A connection that cannot be had is a reply too: NotSent or Stopped.
  McpAnswered ask(const McpQuestion& question, const Stop& stop);
  std::string instructions();
  bool has_changed();
  /// What comes from now on is a change.
  void forget_changes();
  void close();

 private:
  McpOpening connect(const Stop& stop);
  McpOpening open(const Stop& stop);
  std::unique_ptr<McpWire> make_wire(McpListener& listener);
  bool is_program() const { return !setup_.program.argv.empty(); }

  const McpSetup& setup_;
  Process& process_;
  MakeHttp make_http_;
  McpToken token_;
  std::shared_mutex gate_;  ///< held alone to change what follows
  std::unique_ptr<McpConnection> connection_;
  std::optional<Era> era_;
  int starts_ = 0;
  std::atomic<bool> was_changed_ = false;  ///< by a connection that is no more
};

}  // namespace agentd
