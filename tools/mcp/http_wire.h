#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tools/mcp/http_stream.h"
#include "tools/mcp/setup.h"
#include "tools/mcp/token.h"
#include "tools/mcp/wire.h"

namespace agentd {

/// A server behind a URL: each message is a POST of its own. Nothing is ever sent to another place.
class HttpWire final : public McpWire {
 public:
  using MakeHttp = std::function<std::unique_ptr<HttpTransport>()>;

  HttpWire(const McpSetup& setup, const MakeHttp& make_http, McpToken& token, McpListener& listener);
  HttpWire(const HttpWire&) = delete;
  HttpWire& operator=(const HttpWire&) = delete;
  /// Ends the session, within half a second.
  ~HttpWire() override;

  RpcReply ask(const RpcRequest& request, McpExchange& exchange) override;
  void tell(const RpcRequest& notification) override;
  void start(const RpcRequest&, std::int64_t) override {}
  bool is_broken() override { return false; }
  void close() override {}

 private:
  using Failure = std::optional<HttpFailure>;

  HttpRequest http(const RpcRequest& request, const McpExchange& exchange) const;
  RpcReply ask_as_we_are(const RpcRequest& request, McpExchange& exchange);
  void begin_session(const RpcReply& reply, const HttpHeaders& headers);
  Failure send(const HttpRequest& request, HttpSink& sink, const Stop& stop);
  Failure go_on(HttpRequest request, McpHttpStream& stream, McpExchange& exchange, Failure failure);
  RpcReply judge(const McpHttpStream& stream, const McpExchange& exchange, const Failure& failure) const;
  RpcReply judge_status(const McpHttpStream& stream) const;
  void hear(const RpcMessage& message, const RpcRequest& request, McpExchange& exchange);
  void post(const RpcRequest& request, std::string body, const Stop& stop, std::int64_t timeout_ms);
  std::string session() const;
  std::unique_ptr<HttpTransport> take_transport();

  const McpSetup& setup_;
  const MakeHttp& make_http_;
  McpToken& token_;
  McpListener& listener_;
  mutable std::mutex mutex_;  ///< of what follows
  std::string session_;       ///< the server's word for it; empty: it has none
  std::string version_;       ///< that the session is of
  std::vector<std::unique_ptr<HttpTransport>> idle_;
};

}  // namespace agentd
