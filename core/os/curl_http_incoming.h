#pragma once

#include <exception>

#include "core/http.h"

namespace agentd {

/// What comes in during one exchange, between curl's callbacks and the sink.
class CurlIncoming {
 public:
  CurlIncoming(HttpSink& sink, std::int64_t max_body_bytes) : sink_(sink), max_body_bytes_(max_body_bytes) {}

  /// An exception must not pass through curl: it waits here.
  void rethrow() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }
  /// What there was too much of; empty: of nothing.
  const std::string& too_long() const { return too_long_; }

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);

 private:
  template <class Work>
  std::size_t guarded(std::size_t size, Work work);
  void header(std::string_view line);
  void body(std::string_view bytes);

  HttpSink& sink_;
  std::int64_t max_body_bytes_;
  std::int64_t body_bytes_ = 0;
  std::size_t header_bytes_ = 0;
  int status_ = 0;
  HttpHeaders headers_;
  bool told_ = false;
  std::string too_long_;
  std::exception_ptr thrown_;
};

}  // namespace agentd
