#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/http.h"
#include "tools/mcp/exchange.h"
#include "tools/mcp/rpc.h"

namespace agentd {

/// No message of a server may be longer.
constexpr std::size_t kMostMessageBytes = 32 << 20;

/// Legacy: revisions with `initialize`. Modern: those in which every request stands for itself.
enum class Era { Legacy, Modern };

struct RpcRequest {
  std::string method;
  std::string params;     ///< JSON text
  Era era = Era::Legacy;  ///< whose rules it follows
  std::string version;    ///< of the protocol; empty: not agreed on yet
  HttpHeaders headers;    ///< what HTTP shows of it outside
};

/// How a request ended.
struct RpcReply {
  enum class End {
    Result,
    Error,        ///< the server said no
    NotSent,      ///< it has had no effect
    SessionLost,  ///< the server knows us no longer; it has had no effect
    Lost,         ///< no answer will come; it may have had its effect
    Late,         ///< as Lost: there was no answer in time
    Stopped       ///< as Lost: all is to stop
  };
  End end = End::Lost;
  std::string result;  ///< Result: JSON text
  /// Error: of JSON-RPC; 0 where the server answered without it. NotSent: the HTTP status; 0 where there is
  /// none.
  std::int64_t code = 0;
  std::string why;   ///< a clause: Error: the server's own words; NotSent, SessionLost, Lost: what happened
  std::string data;  ///< Error: JSON text
};

/// What comes of an answer to a request.
RpcReply reply_of(const RpcMessage& answer);

/// Hears what a server says of its own accord. From any thread, also several at a time.
class McpListener {
 public:
  virtual ~McpListener() = default;
  virtual void notified(const RpcMessage& notification) = 0;
  /// The text of the response. `exchanges`: of our requests, one of which may have made the server ask.
  virtual std::string answer(const RpcMessage& request, std::span<McpExchange* const> exchanges) = 0;
};

/// Carries messages to a server and back.
class McpWire {
 public:
  virtual ~McpWire() = default;
  /// Sends a request and waits for its answer. From several threads.
  virtual RpcReply ask(const RpcRequest& request, McpExchange& exchange) = 0;
  /// Sends what nobody answers. Taking a request back takes a moment at most, also when all is to stop.
  virtual void tell(const RpcRequest& notification) = 0;
  /// Sends a request whose answer does not matter, and does not wait for it.
  virtual void start(const RpcRequest& request, std::int64_t id) = 0;
  /// Nothing can be asked any more: a new wire is needed.
  virtual bool is_broken() = 0;
  /// Takes leave, without waiting where that can be done while this is destroyed.
  virtual void close() = 0;
};

}  // namespace agentd
