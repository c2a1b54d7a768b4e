#include "tools/mcp/http_stream.h"

#include "core/text.h"
#include "tools/mcp/rpc.h"

namespace agentd {
namespace {

constexpr std::size_t kMostRefusal = 64 << 10;  // bytes of what is no answer

bool is_event_stream(const HttpHeaders& headers) {
  const std::string* type = find_header(headers, "Content-Type");
  return type != nullptr && trimmed(*type).starts_with("text/event-stream");
}

}  // namespace

McpHttpStream::McpHttpStream(McpExchange& exchange, Hear hear)
    : exchange_(exchange), hear_(std::move(hear)) {}

void McpHttpStream::head(int status, const HttpHeaders& headers) {
  status_ = status;
  headers_ = headers;
  is_stream_ = status >= 200 && status < 300 && is_event_stream(headers);
  document_.clear();
  events_.emplace([this](std::string_view, std::string_view data) { take(data); }, kMostMessageBytes);
}

void McpHttpStream::body(std::string_view bytes) {
  if (reply_ || too_long_) return;
  const std::size_t most = status_ < 300 ? kMostMessageBytes : kMostRefusal;
  if (is_stream_) {
    too_long_ = !events_->feed(bytes);
    if (!events_->last_id().empty()) last_id_ = events_->last_id();
    if (events_->retry_ms()) retry_ms_ = events_->retry_ms();
  } else {
    too_long_ = document_.size() + bytes.size() > most;
    document_ += bytes.substr(0, most - document_.size());
  }
  if (too_long_ && status_ < 300) exchange_.settle();
}

void McpHttpStream::end() {
  if (!is_stream_ && !too_long_) take(document_);
}

void McpHttpStream::take(std::string_view text) {
  const std::string id = std::to_string(exchange_.id());
  for (const RpcMessage& message : parse_messages(text)) {
    if (!message.is_answer()) {
      hear_(message);
    } else if (!reply_ && (message.id == id || (message.id.empty() && !message.error.empty()))) {
      reply_ = reply_of(message);
      if (status_ < 300) exchange_.settle();  // a refusal may be mended
    }
  }
}

}  // namespace agentd
