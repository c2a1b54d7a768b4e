#include "tools/mcp/http_wire.h"

#include <algorithm>
#include <array>

#include "core/never_stop.h"
#include "core/text.h"
#include "tools/mcp/json_slice.h"
#include "tools/mcp/sentences.h"

namespace agentd {
namespace {

using End = RpcReply::End;

constexpr std::int64_t kMessageMs = 10'000;  // for what is not answered
constexpr std::int64_t kMomentMs = 1000;     // for taking a request back
constexpr std::int64_t kFarewellMs = 500;    // for ending the session
constexpr std::int64_t kUsualRetryMs = 1000;
constexpr std::int64_t kLongestRetryMs = 60'000;
constexpr int kUnauthorized = 401;
constexpr int kMostResumes = 100;  // of one stream
constexpr std::size_t kMostQuoted = 500;

class Nothing final : public HttpSink {
 public:
  void head(int, const HttpHeaders&) override {}
  void body(std::string_view) override {}
};

void add_text(std::string& text, const std::string& more) {
  if (!more.empty()) text += ": " + more;
}

bool speaks_of_session(std::string_view text) {
  return text.find("session") != std::string_view::npos || text.find("Session") != std::string_view::npos;
}

}  // namespace

HttpWire::HttpWire(const McpSetup& setup, const MakeHttp& make_http, McpToken& token, McpListener& listener)
    : setup_(setup), make_http_(make_http), token_(token), listener_(listener) {}

HttpWire::~HttpWire() {
  if (session_.empty()) return;
  const NeverStop stop;
  McpExchange exchange(0, stop, {kFarewellMs, kFarewellMs});
  HttpRequest request = http({"", "", Era::Legacy, version_}, exchange);
  request.method = "DELETE";
  Nothing nothing;
  send(request, nothing, exchange);
}

RpcReply HttpWire::ask(const RpcRequest& request, McpExchange& exchange) {
  if (setup_.credentials.token_url.empty()) return ask_as_we_are(request, exchange);
  std::string refused;
  for (;;) {
    const std::string problem = token_.fetch(refused, exchange);
    if (exchange.is_stopped()) return {End::Stopped};
    if (!problem.empty()) return {End::NotSent, "", 0, problem};
    const std::string token = token_.token();
    RpcReply reply = ask_as_we_are(request, exchange);
    if (reply.end != End::NotSent || reply.code != kUnauthorized || !refused.empty()) return reply;
    refused = token;
  }
}

RpcReply HttpWire::ask_as_we_are(const RpcRequest& request, McpExchange& exchange) {
  HttpRequest post = http(request, exchange);
  post.body = request_text(exchange.id(), request.method, request.params);
  McpHttpStream stream(exchange, [&](const RpcMessage& message) { hear(message, request, exchange); });
  Failure failure = send(post, stream, exchange);
  stream.end();
  if (request.era == Era::Legacy && stream.can_resume()) {
    failure = go_on(std::move(post), stream, exchange, std::move(failure));
    // Whatever became of going on, the request itself was taken.
    if (!stream.reply() && exchange.reason() == StopReason::None)
      return {End::Lost, "", 0, std::string(mcp_sentence("no_answer"))};
  }
  RpcReply reply = judge(stream, exchange, failure);
  if (request.method == "initialize" && reply.end == End::Result) begin_session(reply, stream.headers());
  return reply;
}

void HttpWire::begin_session(const RpcReply& reply, const HttpHeaders& headers) {
  const std::string* id = find_header(headers, "Mcp-Session-Id");
  const std::lock_guard lock(mutex_);
  session_ = id == nullptr ? "" : *id;
  version_ = json_text(json_member(reply.result, "protocolVersion"));
}

/// A server may close a stream before the answer: the rest of it is to be fetched.
HttpWire::Failure HttpWire::go_on(HttpRequest request, McpHttpStream& stream, McpExchange& exchange,
                                  Failure failure) {
  request.method = "GET";
  request.body.clear();
  for (int resumes = 0; resumes < kMostResumes && stream.can_resume(); ++resumes) {
    const std::int64_t retry = std::min(stream.retry_ms().value_or(kUsualRetryMs), kLongestRetryMs);
    if (!exchange.sleep(retry)) return failure;
    HttpRequest next = request;
    next.headers.emplace_back("Last-Event-ID", stream.last_id());
    failure = send(next, stream, exchange);
    stream.end();
  }
  return failure;
}

RpcReply HttpWire::judge(const McpHttpStream& stream, const McpExchange& exchange,
                         const Failure& failure) const {
  if (stream.is_too_long())
    return {End::Lost, "", 0,
            fill(mcp_sentence("body_long"), {{"limit", std::to_string(kMostMessageBytes)}})};
  const bool is_refused = stream.status() >= 400;
  if (stream.reply() && !is_refused) return *stream.reply();
  if (exchange.is_stopped()) return {End::Stopped};
  if (failure && failure->kind == HttpFailure::Kind::Connect) return {End::NotSent, "", 0, failure->message};
  if (!stream.reply() && !is_refused && exchange.is_late()) return {End::Late};
  if (failure && !stream.reply() && !is_refused) return {End::Lost, "", 0, failure->message};
  return judge_status(stream);
}

RpcReply HttpWire::judge_status(const McpHttpStream& stream) const {
  const int status = stream.status();
  std::string words = stream.reply() ? stream.reply()->why : std::string(trimmed(stream.document()));
  words = cut_middle(setup_.masked(words), kMostQuoted, "…");
  const bool has_session = !session().empty();
  if (has_session && (status == 404 || (status == 400 && speaks_of_session(words))))
    return {End::SessionLost, "", 0, std::string(mcp_sentence("session_lost"))};
  std::string why = fill(mcp_sentence("status"), {{"status", std::to_string(status)}});
  if (status == kUnauthorized || status == 403) {
    const std::string* wants = find_header(stream.headers(), "WWW-Authenticate");
    add_text(why, words);
    if (wants != nullptr)
      why += fill(mcp_sentence("wants"), {{"wants", cut_middle(*wants, kMostQuoted, "…")}});
    return {End::NotSent, "", status, why};
  }
  if (stream.reply() && stream.reply()->code != 0) return *stream.reply();
  const std::string* location = find_header(stream.headers(), "Location");
  if (status >= 300 && status < 400 && location != nullptr)
    return {End::NotSent, "", 0,
            fill(mcp_sentence("redirect"), {{"location", cut_middle(*location, kMostQuoted, "…")}})};
  add_text(why, words);
  if (status >= 500) return {End::Lost, "", 0, why};
  if (status >= 400) return {End::Error, "", 0, why};
  return {End::Lost, "", 0, status == 0 ? std::string(mcp_sentence("no_answer")) : why};
}

void HttpWire::hear(const RpcMessage& message, const RpcRequest& request, McpExchange& exchange) {
  if (message.is_request()) {
    if (request.era == Era::Modern) return;  // it has no business to ask here
    const std::string response = listener_.answer(message, std::array{&exchange});
    post({"", "", request.era, request.version}, response, exchange, kMessageMs);
  } else if (message.method != "notifications/progress") {
    listener_.notified(message);
  } else if (is_progress_of(message.params, exchange.id())) {
    exchange.progress();
  }
}

/// On HTTP the end of the stream says it all to a modern server.
void HttpWire::tell(const RpcRequest& notification) {
  if (notification.era == Era::Modern) return;
  const bool is_farewell = notification.method == "notifications/cancelled";
  post(notification, notification_text(notification.method, notification.params), NeverStop(),
       is_farewell ? kMomentMs : kMessageMs);
}

void HttpWire::post(const RpcRequest& request, std::string body, const Stop& stop, std::int64_t timeout_ms) {
  McpExchange exchange(0, stop, {timeout_ms, timeout_ms});
  HttpRequest message = http(request, exchange);
  message.body = std::move(body);
  Nothing nothing;
  send(message, nothing, exchange);
}

/// The times are the exchange's: signs of life are messages, not bytes.
HttpRequest HttpWire::http(const RpcRequest& request, const McpExchange& exchange) const {
  HttpRequest http;
  http.url = setup_.url;
  for (const auto& [name, value] : setup_.headers) http.headers.emplace_back(name, trimmed(value));
  if (const std::string token = token_.token(); !token.empty())
    http.headers.emplace_back("Authorization", "Bearer " + token);
  http.headers.emplace_back("Content-Type", "application/json");
  http.headers.emplace_back("Accept", "application/json, text/event-stream");
  if (!request.version.empty()) http.headers.emplace_back("MCP-Protocol-Version", request.version);
  if (request.era == Era::Modern) {
    http.headers.emplace_back("Mcp-Method", request.method);
    http.headers.insert(http.headers.end(), request.headers.begin(), request.headers.end());
  }
  const std::string id = session();
  if (request.era == Era::Legacy && !id.empty() && request.method != "initialize")
    http.headers.emplace_back("Mcp-Session-Id", id);
  http.timeout_ms = exchange.most_ms();
  http.idle_timeout_ms = exchange.most_ms();
  return http;
}

HttpWire::Failure HttpWire::send(const HttpRequest& request, HttpSink& sink, const Stop& stop) {
  std::unique_ptr<HttpTransport> transport = take_transport();
  Failure failure = transport->send(request, sink, stop);
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(transport));
  return failure;
}

std::unique_ptr<HttpTransport> HttpWire::take_transport() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return make_http_();
  std::unique_ptr<HttpTransport> transport = std::move(idle_.back());
  idle_.pop_back();
  return transport;
}

std::string HttpWire::session() const {
  const std::lock_guard lock(mutex_);
  return session_;
}

}  // namespace agentd
