#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/http.h"
#include "core/sse.h"
#include "tools/mcp/exchange.h"
#include "tools/mcp/wire.h"

namespace agentd {

/// What comes back on a POST, or on the GET that goes on with it: one document, or a stream of events of
/// which one holds the answer.
class McpHttpStream final : public HttpSink {
 public:
  /// `hear` gets what is no answer.
  using Hear = std::function<void(const RpcMessage&)>;

  McpHttpStream(McpExchange& exchange, Hear hear);

  void head(int status, const HttpHeaders& headers) override;
  void body(std::string_view bytes) override;
  /// Behind the last byte.
  void end();

  int status() const { return status_; }
  const HttpHeaders& headers() const { return headers_; }
  /// The answer, if it has come; the exchange is settled then.
  const std::optional<RpcReply>& reply() const { return reply_; }
  /// Of a document that holds no message, or of the beginning of one that is too long.
  const std::string& document() const { return document_; }
  bool is_too_long() const { return too_long_; }

  /// A stream that ended too early, and where the rest of it can be had.
  bool can_resume() const { return !reply_ && !too_long_ && is_stream_ && !last_id_.empty(); }
  const std::string& last_id() const { return last_id_; }
  std::optional<std::int64_t> retry_ms() const { return retry_ms_; }

 private:
  void take(std::string_view text);

  McpExchange& exchange_;
  Hear hear_;
  int status_ = 0;
  HttpHeaders headers_;
  bool is_stream_ = false;
  bool too_long_ = false;
  std::string document_;
  std::optional<RpcReply> reply_;
  std::optional<SseDecoder> events_;  ///< of this response; what follows outlasts it
  std::string last_id_;
  std::optional<std::int64_t> retry_ms_;
};

}  // namespace agentd
