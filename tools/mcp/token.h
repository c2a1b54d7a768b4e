#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "core/http.h"
#include "tools/mcp/setup.h"

namespace agentd {

/// The access token that a server's client credentials are worth. From several threads.
class McpToken {
 public:
  using MakeHttp = std::function<std::unique_ptr<HttpTransport>()>;

  McpToken(const McpSetup& setup, const MakeHttp& make_http) : setup_(setup), make_http_(make_http) {}

  /// Has a token afterwards, unless it returns why not: a clause. `refused`: a token that the server did not
  /// take.
  std::string fetch(const std::string& refused, const Stop& stop);
  /// Empty: there is none.
  std::string token() const;

 private:
  using Time = std::chrono::steady_clock::time_point;

  HttpRequest request() const;
  std::string take(int status, const std::string& body);

  const McpSetup& setup_;
  const MakeHttp& make_http_;
  std::mutex fetching_;
  mutable std::mutex mutex_;  ///< of what follows
  std::string token_;
  Time good_until_ = {};
};

}  // namespace agentd
