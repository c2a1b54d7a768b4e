#include "tools/fetch.h"

#include <algorithm>
#include <chrono>

#include "core/url.h"

namespace agentd {
namespace {

constexpr int kMostRedirects = 5;

struct Collect : HttpSink {
  explicit Collect(Fetched& into) : fetched(into) {}
  void head(int status, const HttpHeaders& headers) override {
    fetched.status = status;
    fetched.headers = headers;
  }
  void body(std::string_view bytes) override { fetched.body += bytes; }

  Fetched& fetched;
};

Fetched send_once(HttpTransport& http, const HttpRequest& request, const Stop& stop) {
  Fetched fetched{.url = request.url};
  Collect collect(fetched);
  fetched.failure = http.send(request, collect, stop);
  fetched.is_cut =
      fetched.failure && fetched.failure->kind == HttpFailure::Kind::TooLong && fetched.status != 0;
  if (fetched.is_cut) fetched.failure.reset();
  return fetched;
}

HttpFailure broken(const HttpRequest& request, const std::string& what) {
  return {HttpFailure::Kind::Broken, "the request to " + std::string(host_of(request.url)) + " " + what};
}

/// Where the answer sends us; null: nowhere.
const std::string* location(const HttpRequest& request, const Fetched& fetched) {
  const int status = fetched.status;
  const bool is_redirect = (status >= 301 && status <= 303) || status == 307 || status == 308;
  const bool is_safe = request.method == "GET" || request.method == "HEAD";
  return is_redirect && is_safe && !fetched.failure ? find_header(fetched.headers, "location") : nullptr;
}

}  // namespace

Fetched fetch(HttpTransport& http, HttpRequest request, const Stop& stop) {
  using SteadyClock = std::chrono::steady_clock;
  const auto end = SteadyClock::now() + std::chrono::milliseconds(request.timeout_ms);
  std::optional<Url> url = parse_url(request.url);
  for (int redirects = 0;; ++redirects) {
    if (!url) return {.url = request.url, .failure = broken(request, "was not made: its URL cannot be used")};
    request.url = to_string(*url);
    Fetched fetched = send_once(http, request, stop);
    const std::string* reference = location(request, fetched);
    if (reference == nullptr) return fetched;
    if (redirects == kMostRedirects) {
      fetched.failure =
          broken(request, "was given up after " + std::to_string(kMostRedirects) + " redirects");
      return fetched;
    }
    const std::optional<Url> next = resolve_url(*url, *reference);
    if (next && !same_origin(*next, *url)) request.headers.clear();
    url = next;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - SteadyClock::now()).count();
    request.timeout_ms = std::max<std::int64_t>(left, 1);
    if (!url) {
      fetched.failure = broken(request, "was redirected to what is no http or https URL");
      return fetched;
    }
  }
}

}  // namespace agentd
