#pragma once

#include <optional>
#include <string>

#include "core/http.h"

namespace agentd {

/// The end of an exchange, redirects followed.
struct Fetched {
  std::string url;  ///< where the answer comes from
  int status = 0;
  HttpHeaders headers;
  std::string body;
  bool is_cut = false;  ///< the body is longer than request.max_body_bytes; this is its beginning
  std::optional<HttpFailure> failure;
};

/// Sends a request. A GET or HEAD follows up to five redirects, each checked like the first. The headers of
/// the request are for its own origin: none goes to another.
Fetched fetch(HttpTransport& http, HttpRequest request, const Stop& stop);

}  // namespace agentd
