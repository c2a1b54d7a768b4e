#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/reach.h"

namespace agentd {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "POST";
  std::string url;
  HttpHeaders headers;
  std::string body;
  std::int64_t timeout_ms = 120'000;      ///< the whole exchange
  std::int64_t idle_timeout_ms = 60'000;  ///< no byte for that long
  bool use_proxy = true;                  ///< where the environment names one
  std::int64_t max_body_bytes = 0;        ///< of the response, once decoded; 0: any number
  std::optional<Reach> reach = {};        ///< where it may connect to; none: anywhere
  bool operator==(const HttpRequest&) const = default;
};

/// Why an exchange did not end well on the wire. A status of 400 and up is no failure here.
struct HttpFailure {
  /// Forbidden: the address is beyond the request's reach. TooLong: the sink has got as much as it may.
  enum class Kind { Connect, Timeout, Idle, Broken, Interrupted, Forbidden, TooLong };
  Kind kind = Kind::Broken;
  std::string message;  ///< a sentence that names the URL's host and what happened
  bool operator==(const HttpFailure&) const = default;
};

/// Takes the response as it comes. Bodies are decoded (chunks, gzip) but may be split anywhere.
class HttpSink {
 public:
  virtual ~HttpSink() = default;
  virtual void head(int status, const HttpHeaders& headers) = 0;
  virtual void body(std::string_view bytes) = 0;
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  /// One exchange, no retries, no redirects. Ends early, as Interrupted, once `stop` has a reason. May be
  /// called from several threads.
  virtual std::optional<HttpFailure> send(const HttpRequest& request, HttpSink& sink, const Stop& stop) = 0;
};

/// A base URL that paths can be appended to.
std::string without_slashes(std::string url);

/// What stands before the host of a URL or proxy, NAME:PASSWORD or a key; empty: nothing.
std::string_view url_user(std::string_view url);

/// Host and port of a URL, for messages: the rest may hold secrets.
std::string_view host_of(std::string_view url);

/// The value of the first header of that name, in any case; null if there is none.
const std::string* find_header(const HttpHeaders& headers, std::string_view name);

}  // namespace agentd
