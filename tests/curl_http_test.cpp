#include "core/os/curl_http.h"

#include <future>

#include "core/model/http_model.h"
#include "core/model/openai.h"
#include "tests/support/catch.h"
#include "tests/support/fake_stop.h"
#include "tests/support/scripted_server.h"
#include "tests/support/variable.h"

namespace agentd {
namespace {

using Kind = HttpFailure::Kind;
using Send = ScriptedServer::Send;
using Stall = ScriptedServer::Stall;
using Close = ScriptedServer::Close;
using Reset = ScriptedServer::Reset;

struct Seen : HttpSink {
  int status = 0;
  HttpHeaders headers;
  std::string text;
  void head(int code, const HttpHeaders& all) override {
    status = code;
    headers = all;
  }
  void body(std::string_view bytes) override { text += bytes; }
};

struct Exchange {
  std::unique_ptr<HttpTransport> http = make_curl_http();
  HttpRequest request;
  Seen seen;
  std::optional<HttpFailure> failure;

  explicit Exchange(const ScriptedServer& server) {
    request.url = server.url() + "/v1/x";
    request.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer secret-key"}};
    request.body = "{}";
  }
  void send(const Stop& stop = NeverStop()) {
    seen = {};
    failure = http->send(request, seen, stop);
  }
};

ScriptedServer::Exchange ok(const std::string& body) {
  return {Send{http_response("200 OK", "", body)}};
}

/// "reply TEXT" or "failed REASON" of one model call at the server.
std::string ask(const ScriptedServer& server, std::int64_t idle_timeout_ms = 60'000) {
  struct NoClock : Clock {
    std::int64_t now_ms() override { return 0; }
    std::int64_t monotonic_ms() override { return 0; }
    void sleep_until(std::int64_t, const Stop&) override {}
  } clock;
  const auto http = make_curl_http();
  const ModelSetup setup{.provider = "openai", .name = "m", .idle_timeout_ms = idle_timeout_ms};
  const Secrets secrets;
  HttpModel model({kOpenAiCodec, {server.url(), "secret-key"}, "KEY", {}, secrets}, *http, clock);
  const ModelResult result = model.ask({setup, "run", "", {}, {}}, NeverStop());
  if (const auto* failed = std::get_if<ModelFailed>(&result)) {
    CHECK(failed->message.find("secret-key") == std::string::npos);
    return "failed " + failed->reason;
  }
  return "reply " + std::get<ModelReplied>(result).text;
}

constexpr char kHalf[] = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi.\"}}]}\r\n\r\n";
constexpr char kEnd[] = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\n";
const std::string kStream = chunked_head("Content-Type: text/event-stream\r\n");

}  // namespace

TEST_CASE("a request goes out as it was given, and its answer comes in as it was sent") {
  ScriptedServer server({{Send{http_response("418 Teapot", "X-One: 1\r\nx-two:  two \r\n", "tea")}}});
  Exchange exchange(server);
  exchange.request.body =
      std::string(300'000, 'x');  // more than a socket takes at once, or curl sends without "Expect"
  exchange.send();
  CHECK_FALSE(exchange.failure);
  CHECK(exchange.seen.status == 418);
  CHECK(*find_header(exchange.seen.headers, "X-ONE") == "1");
  CHECK(*find_header(exchange.seen.headers, "x-two") == "two");
  CHECK(exchange.seen.text == "tea");
  const std::string sent = server.requests().at(0);
  CHECK_THAT(sent, ContainsSubstring("POST /v1/x HTTP/1.1\r\n"));
  CHECK_THAT(sent, ContainsSubstring("\r\nAuthorization: Bearer secret-key\r\n"));
  CHECK(sent.ends_with("\r\n\r\n" + exchange.request.body));
  CHECK(sent.find("Expect") == std::string::npos);
}

TEST_CASE("a proxy of the environment is used, unless the request must not leave the host") {
  ScriptedServer proxy({{Send{http_response("200 OK", "", "by proxy")}}});
  ScriptedServer server({{Send{http_response("200 OK", "", "directly")}}});
  const Variable variable("http_proxy", proxy.url().c_str()), none("no_proxy", nullptr),
      nor("NO_PROXY", nullptr);
  Exchange by_proxy(server);
  by_proxy.send();
  CHECK(by_proxy.seen.text == "by proxy");
  Exchange direct(server);
  direct.request.use_proxy = false;
  direct.send();
  CHECK(direct.seen.text == "directly");
}

TEST_CASE("a body may be chunked anywhere, behind interim responses, before trailers") {
  ScriptedServer server({{Send{"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"}, Send{kStream},
                          Send{chunk("a")}, Send{chunk("bc")}, Send{"0\r\nX-Trailer: 1\r\n\r\n"}}});
  Exchange exchange(server);
  exchange.send();
  CHECK_FALSE(exchange.failure);
  CHECK(exchange.seen.status == 200);
  CHECK(find_header(exchange.seen.headers, "link") == nullptr);
  CHECK(find_header(exchange.seen.headers, "x-trailer") == nullptr);
  CHECK(exchange.seen.text == "abc");
}

TEST_CASE("a body in gzip is unpacked") {
  const std::string packed(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01\x02\x00\xfd\xffhi\xac*\x93\xd8\x02\x00\x00\x00", 25);
  ScriptedServer server({{Send{http_response("200 OK", "Content-Encoding: gzip\r\n", packed)}}});
  Exchange exchange(server);
  exchange.send();
  CHECK_FALSE(exchange.failure);
  CHECK(exchange.seen.text == "hi");
  CHECK_THAT(server.requests().at(0), ContainsSubstring("Accept-Encoding: gzip\r\n"));
}

TEST_CASE("one connection serves many exchanges") {
  ScriptedServer server({ok("1"), ok("2"), ok("3")});
  Exchange exchange(server);
  for (const char* body : {"1", "2", "3"}) {
    exchange.send();
    CHECK(exchange.seen.text == body);
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("a kept connection that has died meanwhile is replaced without a word") {
  ScriptedServer server({{Send{http_response("200 OK", "", "1")}, Close{}},
                         ok("2"),
                         {Send{http_response("200 OK", "", "3")}, Reset{}},
                         ok("4")});
  Exchange exchange(server);
  for (const char* body : {"1", "2", "3", "4"}) {
    exchange.send();
    CHECK_FALSE(exchange.failure);
    CHECK(exchange.seen.text == body);
  }
}

TEST_CASE("redirects are not followed: the key goes where it was meant to go") {
  ScriptedServer server(
      {{Send{http_response("307 Temporary Redirect", "Location: http://127.0.0.1:1/\r\n", "")}}});
  Exchange exchange(server);
  exchange.send();
  CHECK_FALSE(exchange.failure);
  CHECK(exchange.seen.status == 307);
}

TEST_CASE("a connection that breaks is a failure that names the host and not the key") {
  ScriptedServer server({{Send{http_response("200 OK", "", "whole").substr(0, 40)}, Close{}},
                         {Send{kStream + chunk("half")}, Reset{}},
                         {Close{}},
                         {Send{"nonsense\r\n\r\n"}, Close{}},
                         {Send{kStream + "zz\r\n"}, Close{}}});
  for (int i = 0; i < 5; ++i) {
    Exchange exchange(server);
    exchange.send();
    INFO(i);
    REQUIRE(exchange.failure);
    CHECK(exchange.failure->kind == (i == 3 ? Kind::Connect : Kind::Broken));
    CHECK_THAT(exchange.failure->message, ContainsSubstring("the request to 127.0.0.1:"));
    CHECK(exchange.failure->message.find("secret") == std::string::npos);
  }
}

TEST_CASE("a server that cannot be reached is a failure to connect") {
  std::string url;
  {
    const ScriptedServer gone({});
    url = gone.url();
  }
  const auto http = make_curl_http();
  Seen seen;
  const auto kind = [&](const std::string& at) { return http->send({.url = at}, seen, NeverStop())->kind; };
  CHECK(kind(url) == Kind::Connect);
  CHECK(kind("https" + url.substr(4)) == Kind::Connect);
  CHECK(kind("ftp://127.0.0.1/") == Kind::Connect);
  CHECK(kind("http://no-such-host.invalid/") == Kind::Connect);
  CHECK(kind("http://[bad") == Kind::Connect);
}

TEST_CASE("a failure says what to do where curl does not") {
  ScriptedServer server({{Send{http_response("200 OK", "X: " + std::string(500'000, 'x') + "\r\n", "")}}});
  Exchange exchange(server);
  exchange.send();
  REQUIRE(exchange.failure);
  CHECK_THAT(exchange.failure->message, ContainsSubstring("a header that is too long"));
  const Variable authorities("SSL_CERT_FILE", "/nowhere.pem");
  exchange.request.url.replace(0, 4, "https");
  exchange.send();
  REQUIRE(exchange.failure);
  CHECK_THAT(exchange.failure->message, ContainsSubstring("/nowhere.pem (named by SSL_CERT_FILE)"));
}

TEST_CASE("silence ends an exchange, before the first byte and in the middle") {
  for (const std::string& first : {std::string(), kStream + chunk("some")}) {
    ScriptedServer server({{Send{first}, Stall{}}});
    Exchange exchange(server);
    exchange.request.idle_timeout_ms = 50;
    exchange.send();
    REQUIRE(exchange.failure);
    CHECK(exchange.failure->kind == Kind::Idle);
    CHECK_THAT(exchange.failure->message, ContainsSubstring("got no byte for 0.0 s"));
  }
}

TEST_CASE("an exchange ends when its time is up") {
  ScriptedServer server({{Send{kStream}, Stall{}}});
  Exchange exchange(server);
  exchange.request.timeout_ms = 50;
  exchange.send();
  REQUIRE(exchange.failure);
  CHECK(exchange.failure->kind == Kind::Timeout);
}

TEST_CASE("a signal wakes an exchange that waits") {
  ScriptedServer server({{Send{kStream}, Stall{}}});
  Exchange exchange(server);
  FakeStop stop;
  auto sending = std::async(std::launch::async, [&] { exchange.send(stop); });
  server.wait_for_stall();
  stop.signal();
  sending.get();
  REQUIRE(exchange.failure);
  CHECK(exchange.failure->kind == Kind::Interrupted);
}

TEST_CASE("a deadline ends an exchange as an interruption, not as a timeout") {
  ScriptedServer server({{Stall{}}});
  Exchange exchange(server);
  FakeStop stop;
  stop.set_time_left_ms(50);
  exchange.send(stop);
  REQUIRE(exchange.failure);
  CHECK(exchange.failure->kind == Kind::Interrupted);
}

TEST_CASE("after an exchange was given up the next one is clean") {
  ScriptedServer server({{Send{kStream + chunk("old")}, Stall{}}, ok("new")});
  Exchange exchange(server);
  FakeStop stop;
  auto sending = std::async(std::launch::async, [&] { exchange.send(stop); });
  server.wait_for_stall();
  stop.signal();
  sending.get();
  server.release();
  exchange.send();
  CHECK_FALSE(exchange.failure);
  CHECK(exchange.seen.text == "new");
}

TEST_CASE("a sink's exception comes out of the exchange") {
  struct Refusing : HttpSink {
    void head(int, const HttpHeaders&) override {}
    void body(std::string_view) override { throw std::length_error("enough"); }
  } sink;
  ScriptedServer server({ok("1"), ok("2")});
  Exchange exchange(server);
  CHECK_THROWS_AS(exchange.http->send(exchange.request, sink, NeverStop()), std::length_error);
  exchange.send();
  CHECK(exchange.seen.text == "2");
}

TEST_CASE("a model call over a real connection gives a reply, or a failure that can be tried again") {
  ScriptedServer server(
      {{Send{kStream + chunk(kHalf) + chunk(kEnd) + chunk("data: [DONE]\r\n\r\n") + chunk("")}},
       {Send{kStream + chunk(kHalf)}, Close{}},
       {Send{kStream + chunk(kHalf)}, Reset{}},
       {Send{kStream + chunk(kHalf) + chunk("")}},
       {Send{kStream + chunk(kHalf) + chunk(kEnd)}, Reset{}},
       {Send{http_response("429 Too Many Requests", "Retry-After: 3\r\n", "{}")}}});
  CHECK(ask(server) == "reply Hi.");
  CHECK(ask(server) == "failed network");
  CHECK(ask(server) == "failed network");
  CHECK(ask(server) == "failed network");
  CHECK(ask(server) == "reply Hi.");
  CHECK(ask(server) == "failed rate_limit");
}

TEST_CASE("a model that falls silent in the middle of a call is a timeout") {
  ScriptedServer server({{Send{kStream + chunk(kHalf)}, Stall{}}});
  CHECK(ask(server, 50) == "failed timeout");
}

}  // namespace agentd
