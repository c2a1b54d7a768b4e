#pragma once

#include <curl/curl.h>

#include <string>

#include "core/http.h"

namespace agentd {

/// Lets curl connect only where a request may go, by the address that each connection really has: whatever
/// the URL looks like, whatever a name resolves to at that moment. A request without a reach may go anywhere.
///
/// Behind a proxy, that connection is the proxy's and the proxy resolves the name. Then the name is resolved
/// here first, and what leads to a forbidden address is refused; what does not resolve here is the proxy's.
class CurlGuard {
 public:
  explicit CurlGuard(const HttpRequest& request);

  /// Whether an exchange must come first that connects to nothing, and only finds out where the host is.
  bool must_look() const { return mode_ == Mode::Look; }
  /// From now on to the proxy.
  void go_through() { mode_ = Mode::Through; }
  void attach(CURL* easy);
  /// What was refused and how to allow it; empty: nothing was.
  const std::string& refusal() const { return refusal_; }

 private:
  enum class Mode { Check, Look, Through };

  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address);
  static int before_request(void* self, char* remote, char* local, int remote_port, int local_port);
  bool may_connect(const std::optional<IpAddress>& address);

  std::optional<Reach> reach_;
  Mode mode_ = Mode::Check;
  std::string host_;
  int port_ = 0;
  bool is_open_ = true;
  std::string proxy_;
  std::string refusal_;
};

}  // namespace agentd
