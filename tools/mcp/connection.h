#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tools/mcp/setup.h"
#include "tools/mcp/wire.h"

namespace agentd {

/// A request of ours, before the era gives it its form.
struct McpQuestion {
  std::string method;
  std::string members = {};    ///< of params: `"name":"x","arguments":{}`, without braces; may be empty
  std::string key = {};        ///< idempotency key; empty: none
  HttpHeaders headers = {};    ///< what HTTP shows of it outside
  bool is_repeatable = false;  ///< may be sent again when its answer was lost
};

struct McpAnswered {
  RpcReply reply;
  std::vector<std::string> notes = {};  ///< what the model should read about it
};

/// How an attempt to connect ended.
struct McpOpening {
  enum class End {
    Ready,
    Failed,
    Gone,  ///< its program ended when it was asked for its era: it is of the older one, and must be started
           ///< anew
    Stopped
  };
  End end = End::Ready;
  std::string why = {};  ///< Failed, Gone: a clause
};

/// An MCP server that we are connected to: knows its era, and asks in its words.
class McpConnection final : private McpListener {
 public:
  using MakeWire = std::function<std::unique_ptr<McpWire>(McpListener& listener)>;

  McpConnection(const McpSetup& setup, const MakeWire& make_wire);
  McpConnection(const McpConnection&) = delete;
  McpConnection& operator=(const McpConnection&) = delete;

  /// Comes first, and once. `era`: what was found out before.
  McpOpening open(std::optional<Era> era, const Stop& stop);
  Era era() const { return era_; }

  /// From several threads.
  McpAnswered ask(const McpQuestion& question, const Stop& stop);
  bool is_broken() { return wire_->is_broken(); }
  void close() { wire_->close(); }

  const std::string& instructions() const { return instructions_; }
  /// Its list of tools is another since `forget_changes`.
  bool has_changed() const { return changed_; }
  void forget_changes() { changed_ = false; }

 private:
  void notified(const RpcMessage& notification) override;
  std::string answer(const RpcMessage& request, std::span<McpExchange* const> exchanges) override;

  McpOpening probe(const Stop& stop);
  McpOpening settle_modern(const RpcReply& reply, const Stop& stop);
  McpOpening accept_discovery(std::string_view result);
  McpOpening initialize(const Stop& stop);
  std::int64_t open_timeout() const;
  McpOpening refuse(const RpcReply& reply, std::string_view method) const;
  RpcReply ask_modern(std::int64_t timeout_ms, const Stop& stop);
  RpcReply ask_once(const RpcRequest& request, std::int64_t timeout_ms, const Stop& stop);

  RpcReply send(const McpQuestion& question, const std::string& more, McpExchange& exchange);
  bool reopen_session(std::int64_t session, const Stop& stop);
  void cancel(const McpExchange& exchange, const RpcReply& reply);
  RpcRequest request(const McpQuestion& question, const std::string& more, std::int64_t id) const;

  const McpSetup& setup_;
  Era era_ = Era::Legacy;
  std::string version_;  ///< agreed on; empty: none yet
  std::string instructions_;
  std::atomic<std::int64_t> next_id_ = 1;
  std::atomic<bool> changed_ = false;
  std::mutex session_mutex_;
  std::int64_t session_ = 0;       ///< counts the times that a session began
  std::unique_ptr<McpWire> wire_;  ///< last: it calls all the others
};

}  // namespace agentd
