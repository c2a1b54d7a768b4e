#pragma once

#include <string>
#include <string_view>

#include "core/model/codec.h"
#include "core/model/reply_json.h"
#include "core/sse.h"

namespace agentd {

/// What every decoder does alike: tells a refusal, a document and a stream apart, keeps limits, and gives no
/// reply unless the end mark came. A provider's decoder adds up the pieces and judges the whole.
class ReplyFrame : public ReplyDecoder {
 public:
  void head(int status, const HttpHeaders& headers) override;
  void body(std::string_view bytes) override;
  ModelResult finish(const std::optional<HttpFailure>& failure) override;

 protected:
  explicit ReplyFrame(std::string_view provider);

  /// One event of a stream; `type` is empty where the event named none.
  virtual void add_event(std::string_view type, const ReplyJson& data) = 0;
  /// A whole response that was not streamed.
  virtual void add_document(const ReplyJson& document) = 0;
  /// Whether the provider's own end mark has come.
  virtual bool is_complete() const = 0;
  /// Asked once, of a response that is complete.
  virtual ModelResult judge() = 0;
  /// What is known to be used so far.
  virtual Usage usage() const = 0;
  /// Takes a stream apart. Server-sent events, unless the provider has a framing of its own.
  virtual void add_stream(std::string_view bytes);

  /// The server says, inside a success, that something went wrong: `error` is its JSON text.
  void report_error(std::string_view error);
  /// Nothing that came can be trusted. `reason`: network where another attempt may do better.
  void break_off(std::string why, std::string reason = "network");
  bool is_over() const { return done_ || !broken_.empty() || !error_.empty(); }

  /// `what` continues a sentence that begins with the provider's name. What a second attempt cannot mend is
  /// not retryable.
  ModelResult failed(std::string reason, std::string_view what) const;
  /// The reply, unless it is empty or has a call without a name. Blank arguments become {}.
  ModelResult accept(ModelReplied reply) const;

 private:
  enum class Form { Unknown, Document, Stream };

  bool is_refused() const { return status_ != 0 && (status_ < 200 || status_ >= 300); }
  void success_body(std::string_view bytes);
  void sse_event(std::string_view type, std::string_view data);
  void read_document();
  ModelResult with_usage(ModelFailed failure) const;

  std::string provider_;
  int status_ = 0;
  HttpHeaders headers_;
  Form form_ = Form::Unknown;
  std::size_t received_ = 0;
  std::string document_;
  SseDecoder events_;
  std::string error_;
  std::string broken_;
  std::string broken_reason_;
  bool done_ = false;
};

}  // namespace agentd
