#include "core/model/reply_frame.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/model/server_error.h"

namespace agentd {
namespace {

/// Of a whole response: far more than any model writes, and a limit to what a mad server can fill.
constexpr std::size_t kMaxBytes = 256 << 20;
/// Of the body of a refusal: more than enough to find its message.
constexpr std::size_t kMaxErrorBytes = 256 << 10;

}  // namespace

ReplyFrame::ReplyFrame(std::string_view provider)
    : provider_(provider),
      events_([this](std::string_view type, std::string_view data) { sse_event(type, data); }) {}

void ReplyFrame::head(int status, const HttpHeaders& headers) {
  status_ = status;
  headers_ = headers;
}

void ReplyFrame::body(std::string_view bytes) {
  received_ += bytes.size();
  if (is_refused()) {
    document_ += bytes.substr(0, kMaxErrorBytes - std::min(kMaxErrorBytes, document_.size()));
  } else if (received_ > kMaxBytes) {
    break_off("sent more than " + std::to_string(kMaxBytes >> 20) + " MB");
  } else {
    success_body(bytes);
  }
}

ModelResult ReplyFrame::finish(const std::optional<HttpFailure>& failure) {
  if (form_ == Form::Document && !is_refused()) read_document();
  const bool complete = broken_.empty() && error_.empty() && is_complete();
  if (failure && failure->kind == HttpFailure::Kind::Interrupted && !complete) return Interrupted{};
  if (is_refused()) return response_failure(provider_, status_, headers_, document_);
  if (!error_.empty()) return with_usage(late_failure(provider_, error_));
  if (!complete && failure) return with_usage(wire_failure(provider_, *failure));
  if (!broken_.empty()) return failed(broken_reason_, broken_);
  if (!complete)  // a document came whole, whatever it is
    return failed(form_ == Form::Document ? "malformed" : "network",
                  "ended the response before the reply was complete");
  return judge();
}

/// The first character tells a document from a stream, and is right where the content type is not.
void ReplyFrame::success_body(std::string_view bytes) {
  if (form_ == Form::Unknown) {
    bytes.remove_prefix(std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size()));
    if (bytes.empty()) return;
    const bool document = std::string_view("{[<\"").find(bytes.front()) != std::string_view::npos;
    form_ = document ? Form::Document : Form::Stream;
  }
  if (form_ == Form::Document)
    document_ += bytes;
  else
    add_stream(bytes);
}

void ReplyFrame::add_stream(std::string_view bytes) {
  if (!events_.feed(bytes)) break_off("sent an event that is too long");
}

void ReplyFrame::sse_event(std::string_view type, std::string_view data) {
  if (is_over() || is_blank(data)) return;
  if (data == "[DONE]") {
    done_ = true;
    return;
  }
  const ReplyJson event = parse_reply(data);
  if (event.is_discarded())
    break_off("sent an event that is no JSON object: " + one_line(data.substr(0, 200)));
  else
    add_event(type, event);
}

void ReplyFrame::read_document() {
  const ReplyJson document = parse_reply(document_);
  if (!document.is_discarded()) return add_document(document);
  break_off("answered with something that is no reply (is model.base_url right?): " +
                read_server_error(document_).message,
            document_.front() == '{' ? "network" : "malformed");  // cut off, or no API at all
}

void ReplyFrame::report_error(std::string_view error) {
  if (error_.empty()) error_ = error;
}

void ReplyFrame::break_off(std::string why, std::string reason) {
  if (!broken_.empty()) return;
  broken_ = std::move(why);
  broken_reason_ = std::move(reason);
}

ModelResult ReplyFrame::failed(std::string reason, std::string_view what) const {
  ModelFailed failure;
  failure.retryable = reason != "length" && reason != "refused" && reason != "context";
  failure.reason = std::move(reason);
  failure.message = provider_ + " " + std::string(what);
  return with_usage(std::move(failure));
}

ModelResult ReplyFrame::accept(ModelReplied reply) const {
  for (ToolCall& call : reply.calls) {
    if (call.name.empty()) return failed("malformed", "asked for a call without a name");
    // How a call without arguments is often written.
    if (is_blank(call.arguments)) call.arguments = "{}";
  }
  if (reply.calls.empty() && is_blank(reply.text) && !reply.unfinished)
    return failed("empty", "sent an empty reply");
  reply.usage = usage();
  reply.provider = provider_;
  return reply;
}

ModelResult ReplyFrame::with_usage(ModelFailed failure) const {
  failure.usage = usage();
  return failure;
}

}  // namespace agentd
