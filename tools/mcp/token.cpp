#include "tools/mcp/token.h"

#include <algorithm>
#include <charconv>

#include "core/json_text.h"
#include "core/text.h"
#include "tools/mcp/exchange.h"
#include "tools/mcp/json_slice.h"
#include "tools/mcp/param_headers.h"
#include "tools/mcp/sentences.h"

namespace agentd {
namespace {

constexpr std::int64_t kTimeoutMs = 30'000;
constexpr std::int64_t kSpareSeconds = 30;    // a token is not used in its last moments
constexpr std::int64_t kUsualSeconds = 3600;  // where the server does not say how long it is good
constexpr std::size_t kMostBytes = 1 << 20;
constexpr std::size_t kMostQuoted = 300;

class Document final : public HttpSink {
 public:
  void head(int status, const HttpHeaders&) override { status_ = status; }
  void body(std::string_view bytes) override { text_ += bytes.substr(0, kMostBytes - text_.size()); }
  int status() const { return status_; }
  const std::string& text() const { return text_; }

 private:
  int status_ = 0;
  std::string text_;
};

std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    text.append(text.empty() ? "" : "&").append(name).append("=").append(percent_encode(value));
  }
  return text;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::int64_t seconds_of(std::string_view json) {
  std::int64_t seconds = kUsualSeconds;
  std::from_chars(json.data(), json.data() + json.size(), seconds);
  return std::clamp<std::int64_t>(seconds - kSpareSeconds, 0, 30 * 24 * 3600);
}

}  // namespace

std::string McpToken::fetch(const std::string& refused, const Stop& stop) {
  const std::lock_guard fetching(fetching_);
  {
    const std::lock_guard lock(mutex_);
    if (!token_.empty() && token_ != refused && std::chrono::steady_clock::now() < good_until_) return "";
  }
  Document document;
  McpExchange exchange(0, stop, {kTimeoutMs, kTimeoutMs});
  const auto failure = make_http_()->send(request(), document, exchange);
  if (failure) return fill(mcp_sentence("no_token"), {{"why", failure->message}});
  return take(document.status(), document.text());
}

HttpRequest McpToken::request() const {
  const McpCredentials& credentials = setup_.credentials;
  const std::string pair =
      percent_encode(credentials.client_id) + ':' + percent_encode(credentials.client_secret);
  HttpRequest request;
  request.url = credentials.token_url;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"Accept", "application/json"},
                     {"Authorization", "Basic " + base64(pair)}};
  request.body =
      form({{"grant_type", "client_credentials"}, {"scope", credentials.scope}, {"resource", setup_.url}});
  request.timeout_ms = kTimeoutMs;
  request.idle_timeout_ms = kTimeoutMs;
  return request;
}

std::string McpToken::take(int status, const std::string& body) {
  const std::string answer = is_json_object(body) ? to_valid_utf8(body) : "{}";
  const std::string token = json_text(json_member(answer, "access_token"));
  if (status < 200 || status >= 300 || !is_token(token)) {
    std::string why = json_text(json_member(answer, "error_description"));
    if (why.empty()) why = json_text(json_member(answer, "error"));
    why = fill(mcp_sentence("token_status"), {{"status", std::to_string(status)}}) +
          (why.empty() ? "" : ": ") + cut_middle(setup_.masked(why), kMostQuoted, "…");
    return fill(mcp_sentence("no_token"), {{"why", why}});
  }
  if (setup_.secrets != nullptr) setup_.secrets->learn({token});
  const std::lock_guard lock(mutex_);
  token_ = token;
  good_until_ =
      std::chrono::steady_clock::now() + std::chrono::seconds(seconds_of(json_member(answer, "expires_in")));
  return "";
}

std::string McpToken::token() const {
  const std::lock_guard lock(mutex_);
  return token_;
}

}  // namespace agentd
