#include "core/os/curl_http.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <exception>

#include "core/error.h"
#include "core/text.h"

namespace agentd {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// Host and port of a URL, for messages: the rest may hold secrets.
std::string_view host_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  return url.substr(url.find('@') == std::string_view::npos ? 0 : url.rfind('@') + 1);
}

std::string seconds(std::int64_t ms) {
  return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
}

/// What comes in during one exchange, between curl's callbacks and the sink.
class Incoming {
 public:
  explicit Incoming(HttpSink& sink) : sink_(sink) {}

  /// An exception must not pass through curl: it waits here.
  void rethrow() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
    auto* incoming = static_cast<Incoming*>(self);
    return incoming->guarded(size, [&] { incoming->header({data, size}); });
  }
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto* incoming = static_cast<Incoming*>(self);
    return incoming->guarded(size, [&] { incoming->sink_.body({data, size}); });
  }

 private:
  template <class Work>
  std::size_t guarded(std::size_t size, Work work) {
    try {
      work();
      return size;
    } catch (...) {
      thrown_ = std::current_exception();
      return 0;
    }
  }

  /// A status line begins anew: interim responses (1xx) come before the real one. Trailers after it are
  /// dropped.
  void header(std::string_view line) {
    if (told_) return;
    if (line.starts_with("HTTP/")) {
      headers_.clear();
      status_ = 0;
      const std::string_view rest = trimmed(line.substr(std::min(line.find(' '), line.size())));
      std::from_chars(rest.data(), rest.data() + rest.size(), status_);
    } else if (!trimmed(line).empty()) {
      const std::size_t colon = std::min(line.find(':'), line.size() - 1);
      headers_.emplace_back(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    } else if (status_ >= 200) {
      told_ = true;
      sink_.head(status_, headers_);
    }
  }

  HttpSink& sink_;
  int status_ = 0;
  HttpHeaders headers_;
  bool told_ = false;
  std::exception_ptr thrown_;
};

class CurlHttp : public HttpTransport {
 public:
  std::optional<HttpFailure> send(const HttpRequest& request, HttpSink& sink, const Stop& stop) override {
    if (stop.reason() != StopReason::None)
      return failure(HttpFailure::Kind::Interrupted, request, "was interrupted");
    start();
    Incoming incoming(sink);
    const std::unique_ptr<curl_slist, FreeList> headers = header_list(request.headers);
    prepare(request, incoming, headers.get());
    curl_multi_add_handle(multi_.get(), easy_.get());
    std::optional<HttpFailure> failed = transfer(request, stop);
    // Of a transfer that is not over, curl closes the connection here: nothing half-done is kept.
    curl_multi_remove_handle(multi_.get(), easy_.get());
    curl_easy_reset(easy_.get());
    incoming.rethrow();
    return failed;
  }

 private:
  using Kind = HttpFailure::Kind;

  static HttpFailure failure(Kind kind, const HttpRequest& request, const std::string& what) {
    return {kind, "the request to " + std::string(host_of(request.url)) + " " + what};
  }

  /// Not before the first exchange: a scripted run needs none of it.
  void start() {
    if (multi_) return;
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    easy_.reset(curl_easy_init());
    multi_.reset(curl_multi_init());
    if (ready != CURLE_OK || !easy_ || !multi_) throw Error(Exit::Failed, "libcurl cannot be initialised");
  }

  static std::unique_ptr<curl_slist, FreeList> header_list(const HttpHeaders& headers) {
    std::unique_ptr<curl_slist, FreeList> list;
    const auto add = [&](const std::string& line) {
      list.reset(curl_slist_append(list.release(), line.c_str()));
    };
    for (const auto& [name, value] : headers) add(name + ": " + value);
    add("Expect:");  // "100-continue" costs a round trip, or a second where the server does not know it
    return list;
  }

  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  void prepare(const HttpRequest& request, Incoming& incoming, curl_slist* headers) {
    error_[0] = '\0';
    set(CURLOPT_ERRORBUFFER, error_);
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_USERAGENT, "agentd/" AGENTD_VERSION);
    set(CURLOPT_HTTPHEADER, headers);
    if (request.method != "GET") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.data());
    }
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    set(CURLOPT_ACCEPT_ENCODING, "gzip");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    if (!request.use_proxy) set(CURLOPT_PROXY, "");
    set(CURLOPT_HEADERFUNCTION, &Incoming::on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(&incoming));
    set(CURLOPT_WRITEFUNCTION, &Incoming::on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&incoming));
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TCP_NODELAY, 1L);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    // Else giving up waits for the resolver's thread, which may hang for many seconds.
    set(CURLOPT_QUICK_EXIT, 1L);
    const char* authorities = std::getenv("SSL_CERT_FILE");
    if (authorities != nullptr && *authorities != '\0') set(CURLOPT_CAINFO, authorities);
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
        return " (named by SSL_CERT_FILE)";
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

}  // namespace

std::unique_ptr<HttpTransport> make_curl_http() {
  return std::make_unique<CurlHttp>();
}

}  // namespace agentd
