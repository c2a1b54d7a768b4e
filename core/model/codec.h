#pragma once

#include <memory>
#include <string>

#include "core/http.h"
#include "core/model.h"

namespace agentd {

/// Where a provider is reached.
struct Endpoint {
  std::string base_url;  ///< without a slash at its end
  std::string api_key;   ///< may be empty
};

/// Makes a reply out of a response, streamed or whole. Fed once, then finished once.
class ReplyDecoder : public HttpSink {
 public:
  /// `failure`: how the exchange ended on the wire. Never gives a reply unless the provider's own end mark
  /// was seen. Leaves duration and cost to the caller.
  virtual ModelResult finish(const std::optional<HttpFailure>& failure) = 0;
};

/// A provider's wire format, both ways: pure, no clock, network or environment.
struct Codec {
  HttpRequest (*encode)(const ModelRequest& request, const Endpoint& endpoint);
  std::unique_ptr<ReplyDecoder> (*decoder)();
};

}  // namespace agentd
