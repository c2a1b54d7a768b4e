#include "core/os/curl_http.h"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <mutex>

#include "core/error.h"
#include "core/os/certificates.h"
#include "core/os/curl_http_guard.h"
#include "core/os/curl_http_incoming.h"

namespace agentd {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::int64_t kLongestLook = 5'000;  // for a name that may be known to the proxy alone

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::string seconds(std::int64_t ms) {
  return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
}

/// One exchange at a time, and the connection kept between them.
class Line {
  using Kind = HttpFailure::Kind;

 public:
  Line() : easy_(curl_easy_init()), multi_(curl_multi_init()) {
    if (!easy_ || !multi_) throw Error(Exit::Failed, "libcurl cannot be initialised");
  }

  std::optional<HttpFailure> send(const HttpRequest& request, HttpSink& sink, const Stop& stop) {
    if (stop.reason() != StopReason::None) return failure(Kind::Interrupted, request, "was interrupted");
    CurlGuard guard(request);
    CurlIncoming incoming(sink, request.max_body_bytes);
    if (guard.must_look()) {
      HttpRequest look = request;
      look.timeout_ms = std::min(request.timeout_ms, kLongestLook);
      const std::optional<HttpFailure> seen = exchange(look, incoming, guard, stop);
      if (seen && (seen->kind == Kind::Forbidden || seen->kind == Kind::Interrupted)) return seen;
      guard.go_through();
    }
    return exchange(request, incoming, guard, stop);
  }

 private:
  static HttpFailure failure(Kind kind, const HttpRequest& request, const std::string& what) {
    return {kind, "the request to " + std::string(host_of(request.url)) + " " + what};
  }

  std::optional<HttpFailure> exchange(const HttpRequest& request, CurlIncoming& incoming, CurlGuard& guard,
                                      const Stop& stop) {
    const std::unique_ptr<curl_slist, FreeList> headers = header_list(request.headers);
    prepare(request, incoming, headers.get());
    guard.attach(easy_.get());
    curl_multi_add_handle(multi_.get(), easy_.get());
    std::optional<HttpFailure> failed = transfer(request, stop);
    // Of a transfer that is not over, curl closes the connection here: nothing half-done is kept.
    curl_multi_remove_handle(multi_.get(), easy_.get());
    curl_easy_reset(easy_.get());
    incoming.rethrow();
    if (!failed || failed->kind == Kind::Interrupted) return failed;
    if (!guard.refusal().empty()) return failure(Kind::Forbidden, request, guard.refusal());
    if (!incoming.too_long().empty())
      return failure(Kind::TooLong, request, "was given up: it has more than " + incoming.too_long());
    return failed;
  }

  static std::unique_ptr<curl_slist, FreeList> header_list(const HttpHeaders& headers) {
    std::unique_ptr<curl_slist, FreeList> list;
    const auto add = [&](const std::string& line) {
      list.reset(curl_slist_append(list.release(), line.c_str()));
    };
    for (const auto& [name, value] : headers) add(name + ": " + value);
    // Else curl calls every body a form.
    if (find_header(headers, "content-type") == nullptr) add("Content-Type:");
    add("Expect:");  // "100-continue" costs a round trip, or a second where the server does not know it
    return list;
  }

  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  void prepare(const HttpRequest& request, CurlIncoming& incoming, curl_slist* headers) {
    error_[0] = '\0';
    set(CURLOPT_ERRORBUFFER, error_);
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_USERAGENT, "agentd/" AGENTD_VERSION);
    set(CURLOPT_HTTPHEADER, headers);
    set(CURLOPT_NOBODY, request.method == "HEAD" ? 1L : 0L);
    if (request.method != "GET" && request.method != "HEAD") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.data());
    }
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    set(CURLOPT_ACCEPT_ENCODING, "gzip");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    if (!request.use_proxy) set(CURLOPT_PROXY, "");
    set(CURLOPT_HEADERFUNCTION, &CurlIncoming::on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(&incoming));
    set(CURLOPT_WRITEFUNCTION, &CurlIncoming::on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&incoming));
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TCP_NODELAY, 1L);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    // Else giving up waits for the resolver's thread, which may hang for many seconds.
    set(CURLOPT_QUICK_EXIT, 1L);
    set(CURLOPT_SOCKS5_AUTH, CURLAUTH_BASIC);  // else curl offers Kerberos, which nobody asked for
    if (const std::string authorities = certificate_file(); !authorities.empty()) {
      set(CURLOPT_CAINFO, authorities.c_str());
      set(CURLOPT_PROXY_CAINFO, authorities.c_str());
    }
  }

  std::optional<HttpFailure> transfer(const HttpRequest& request, const Stop& stop) {
    const auto begin = SteadyClock::now();
    auto last_byte = begin;
    curl_off_t bytes = 0;
    for (;;) {
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      if (running == 0) return outcome(request);
      const auto now = SteadyClock::now();
      if (const curl_off_t count = bytes_so_far(); count != bytes) {
        bytes = count;
        last_byte = now;
      }
      if (stop.reason() != StopReason::None) return failure(Kind::Interrupted, request, "was interrupted");
      const std::int64_t total = request.timeout_ms - since(begin, now);
      const std::int64_t idle = request.idle_timeout_ms - since(last_byte, now);
      if (total <= 0)
        return failure(Kind::Timeout, request, "took longer than " + seconds(request.timeout_ms));
      if (idle <= 0)
        return failure(Kind::Idle, request, "got no byte for " + seconds(request.idle_timeout_ms));
      wait(std::min({total, idle, stop.time_left_ms().value_or(total)}), stop);
    }
  }

  static std::int64_t since(SteadyClock::time_point begin, SteadyClock::time_point now) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - begin).count();
  }

  /// Sent or received; grows with every sign of life.
  curl_off_t bytes_so_far() const {
    curl_off_t sent = 0, received = 0;
    long headers = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_UPLOAD_T, &sent);
    curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_DOWNLOAD_T, &received);
    curl_easy_getinfo(easy_.get(), CURLINFO_HEADER_SIZE, &headers);
    return sent + received + headers;
  }

  void wait(std::int64_t ms, const Stop& stop) {
    curl_waitfd wake{stop.fd(), CURL_WAIT_POLLIN, 0};
    const unsigned int extra = stop.fd() >= 0 ? 1 : 0;
    // One more, so that a deadline has really passed at the end.
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(ms + 1, 1, 3'600'000));
    curl_multi_poll(multi_.get(), &wake, extra, timeout, nullptr);
  }

  std::optional<HttpFailure> outcome(const HttpRequest& request) {
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
    if (message == nullptr) return failure(Kind::Broken, request, "ended without a result");
    const CURLcode code = message->data.result;
    if (code == CURLE_OK) return {};
    const std::string why = error_[0] != '\0' ? error_ : curl_easy_strerror(code);
    return failure(kind_of(code), request, "failed: " + why + remedy(code));
  }

  /// What a person can do about it, where curl's own words do not tell.
  static const char* remedy(CURLcode code) {
    switch (code) {
      case CURLE_PEER_FAILED_VERIFICATION:
        return "; SSL_CERT_FILE can name the certificates to trust";
      case CURLE_SSL_CACERT_BADFILE:
        return is_chosen_certificate_file() ? " (named by SSL_CERT_FILE)"
                                            : "; install ca-certificates, or name a file in SSL_CERT_FILE";
      case CURLE_OUT_OF_MEMORY:  // also what curl says of headers beyond its limit
        return ", or a header that is too long";
      default:
        return "";
    }
  }

  static Kind kind_of(CURLcode code) {
    switch (code) {
      case CURLE_URL_MALFORMAT:
      case CURLE_UNSUPPORTED_PROTOCOL:
      case CURLE_COULDNT_RESOLVE_HOST:
      case CURLE_COULDNT_RESOLVE_PROXY:
      case CURLE_COULDNT_CONNECT:
      case CURLE_OPERATION_TIMEDOUT:  // curl's own limit, which is one for connecting
      case CURLE_SSL_CONNECT_ERROR:
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CACERT_BADFILE:
        return Kind::Connect;
      default:
        return Kind::Broken;
    }
  }

  std::unique_ptr<CURL, FreeEasy> easy_;
  std::unique_ptr<CURLM, FreeMulti> multi_;
  char error_[CURL_ERROR_SIZE] = {};
};

/// Lines for as many exchanges as go on at once.
class CurlHttp final : public HttpTransport {
 public:
  std::optional<HttpFailure> send(const HttpRequest& request, HttpSink& sink, const Stop& stop) override {
    std::unique_ptr<Line> line = take();
    std::optional<HttpFailure> failed = line->send(request, sink, stop);
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(line));
    return failed;
  }

 private:
  /// Curl is not begun before the first exchange: a scripted run needs none of it.
  std::unique_ptr<Line> take() {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (ready != CURLE_OK) throw Error(Exit::Failed, "libcurl cannot be initialised");
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<Line>();
    std::unique_ptr<Line> line = std::move(idle_.back());
    idle_.pop_back();
    return line;
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Line>> idle_;
};

}  // namespace

std::unique_ptr<HttpTransport> make_curl_http() {
  return std::make_unique<CurlHttp>();
}

}  // namespace agentd
