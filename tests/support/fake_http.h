#pragma once

#include <algorithm>
#include <deque>

#include "core/http.h"

namespace agentd {

struct FakeResponse {
  int status = 200;
  HttpHeaders headers = {};
  std::string body = {};
  std::optional<HttpFailure> failure = {};  ///< how it ends, after status and body; status 0: nothing came
};

/// Plays a queue of responses, bodies in small pieces, and remembers the exact requests.
class FakeHttp : public HttpTransport {
 public:
  std::deque<FakeResponse> responses;
  std::vector<HttpRequest> requests;

  std::optional<HttpFailure> send(const HttpRequest& request, HttpSink& sink, const Stop& stop) override {
    if (stop.reason() != StopReason::None) return HttpFailure{HttpFailure::Kind::Interrupted, "interrupted"};
    requests.push_back(request);
    if (responses.empty()) return HttpFailure{HttpFailure::Kind::Connect, "no response is queued"};
    const FakeResponse response = std::move(responses.front());
    responses.pop_front();
    if (response.status != 0) sink.head(response.status, response.headers);
    constexpr std::size_t kPiece = 7;
    for (std::size_t at = 0; at < response.body.size(); at += kPiece) {
      sink.body(std::string_view(response.body).substr(at, kPiece));
    }
    return response.failure;
  }
};

}  // namespace agentd
