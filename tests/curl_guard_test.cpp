#include <thread>

#include "core/os/curl_http.h"
#include "tests/support/catch.h"
#include "tests/support/fake_stop.h"
#include "tests/support/scripted_server.h"
#include "tests/support/variable.h"

namespace agentd {
namespace {

using Kind = HttpFailure::Kind;
using Send = ScriptedServer::Send;

struct Seen : HttpSink {
  int status = 0;
  std::string text;
  void head(int code, const HttpHeaders&) override { status = code; }
  void body(std::string_view bytes) override { text += bytes; }
};

ScriptedServer::Exchange ok(const std::string& body) {
  return {Send{http_response("200 OK", "", body)}};
}

std::string port_of(const ScriptedServer& server) {
  return server.url().substr(server.url().rfind(':') + 1);
}

/// One transport, no proxy of the machine that runs the test.
struct Client {
  Variable proxy{"http_proxy", nullptr}, all{"all_proxy", nullptr}, upper{"ALL_PROXY", nullptr};
  Variable none{"no_proxy", nullptr}, upper_none{"NO_PROXY", nullptr};
  std::unique_ptr<HttpTransport> http = make_curl_http();
  Seen seen;

  std::optional<HttpFailure> get(HttpRequest request) {
    seen = {};
    request.method = "GET";
    return http->send(request, seen, NeverStop());
  }
  std::optional<HttpFailure> get(const std::string& url, std::vector<std::string> allow) {
    return get({.url = url, .reach = Reach{std::move(allow)}});
  }
};

}  // namespace

TEST_CASE("a guarded request does not reach this machine, however its address is written", "[guard]") {
  ScriptedServer server({ok("secret")});
  const std::string port = ":" + port_of(server) + "/";
  Client client;
  for (const char* host : {"127.0.0.1",
                           "127.1",
                           "127.0.1",
                           "2130706433",
                           "0x7f000001",
                           "0x7f.1",
                           "0177.0.0.1",
                           "017700000001",
                           "127.0.0.1.",
                           "localhost",
                           "LOCALHOST",
                           "localhost.",
                           "x.localhost",
                           "0.0.0.0",
                           "0",
                           "[::1]",
                           "[::]",
                           "[::ffff:127.0.0.1]",
                           "[::ffff:7f00:1]",
                           "[::127.0.0.1]",
                           "[64:ff9b::7f00:1]",
                           "example.com@127.0.0.1",
                           "example.com:80@127.0.0.1",
                           "127。0。0。1",
                           "１２７.0.0.1",
                           "①②⑦.0.0.1",
                           "%31%32%37.0.0.1",
                           "127%2e0.0.1"}) {
    const std::optional<HttpFailure> failure = client.get(std::string("http://") + host + port, {});
    INFO(host);
    REQUIRE(failure);
    // Some of these are hosts that nobody knows, depending on the machine's resolver.
    CHECK((failure->kind == Kind::Forbidden || failure->kind == Kind::Connect));
    CHECK(client.seen.status == 0);
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("a refusal names host, address, and how to allow it", "[guard]") {
  Client client;
  CHECK(client.get("http://user:pass@0x7f.1:81/path?key=secret", {}) ==
        HttpFailure{Kind::Forbidden,
                    "the request to 0x7f.1:81 was refused: 127.0.0.1 is not a public address; the task can "
                    "open it with `allow: [\"127.0.0.1:81\"]`"});
  const std::optional<HttpFailure> named = client.get("http://localhost/", {});
  REQUIRE(named);
  CHECK(named->kind == Kind::Forbidden);
  CHECK_THAT(named->message, ContainsSubstring("localhost is at "));
  CHECK_THAT(named->message, ContainsSubstring("`allow: [\"localhost:80\"]`"));
  for (const char* url :
       {"http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "https://192.168.1.1/",
        "http://[fd00:ec2::254]/", "http://[fe80::1%25lo]/", "http://100.100.100.200/"}) {
    const std::optional<HttpFailure> failure = client.get(url, {});
    INFO(url);
    REQUIRE(failure);
    CHECK(failure->kind == Kind::Forbidden);
  }
}

TEST_CASE("only http and https are spoken", "[guard]") {
  Client client;
  for (const char* url :
       {"file:///etc/passwd", "ftp://8.8.8.8/", "gopher://8.8.8.8/", "dict://8.8.8.8/", "ldap://8.8.8.8/",
        "smb://8.8.8.8/x", "unix:///run/docker.sock", "javascript:alert(1)", ""}) {
    INFO(url);
    CHECK(client.get(url, {"0.0.0.0/0"}).value().kind == Kind::Connect);
  }
}

TEST_CASE("what the task opens can be reached, and that alone", "[guard]") {
  ScriptedServer server({ok("1"), ok("2"), ok("3")}), by_name({ok("4")}), other({ok("5")});
  Client client;
  CHECK_FALSE(client.get(server.url(), {"127.0.0.1"}));
  CHECK_FALSE(client.get(server.url(), {"10.0.0.1", "127.0.0.0/8"}));
  CHECK_FALSE(client.get(server.url(), {"127.0.0.1:" + port_of(server)}));
  CHECK_FALSE(client.get("http://localhost:" + port_of(by_name), {"localhost"}));
  CHECK(client.seen.text == "4");
  CHECK(client.get(other.url(), {"127.0.0.1:" + port_of(server)}).value().kind == Kind::Forbidden);
  CHECK(client.get(other.url(), {"localhost"}).value().kind == Kind::Forbidden);
  CHECK(other.connections() == 0);
}

TEST_CASE("a kept connection is checked like a new one", "[guard]") {
  ScriptedServer server({ok("1"), ok("2"), ok("3")});
  Client client;
  CHECK_FALSE(client.get({.url = server.url()}));
  CHECK(client.get(server.url(), {}).value().kind == Kind::Forbidden);
  CHECK(client.seen.status == 0);
  CHECK_FALSE(client.get(server.url(), {"127.0.0.1"}));
  CHECK(client.get(server.url(), {"10.0.0.0/8"}).value().kind == Kind::Forbidden);
  CHECK(server.requests().size() == 2);
}

TEST_CASE("guarded requests keep their connection as well", "[guard]") {
  ScriptedServer server({ok("1"), ok("2")});
  Client client;
  CHECK_FALSE(client.get(server.url(), {"127.0.0.1"}));
  CHECK_FALSE(client.get(server.url(), {"127.0.0.0/8"}));
  CHECK(server.connections() == 1);
}

TEST_CASE("through a proxy, what is known here to be forbidden is not asked for", "[guard]") {
  ScriptedServer proxy({ok("by proxy"), ok("by proxy"), ok("by proxy")}), server({ok("direct")});
  Client client;
  const Variable variable("http_proxy", proxy.url().c_str());
  CHECK(client.get("http://169.254.169.254/latest", {}).value().kind == Kind::Forbidden);
  CHECK(client.get("http://0x7f.1/", {}).value().kind == Kind::Forbidden);
  CHECK(client.get("http://localhost/", {}).value().kind == Kind::Forbidden);
  CHECK(proxy.connections() == 0);
  // The proxy itself stands in the private network as a rule: that is no reason against it.
  CHECK_FALSE(client.get("http://no-such-host.invalid/", {}));
  CHECK(client.seen.text == "by proxy");
  CHECK_FALSE(client.get("http://10.0.0.1/", {"10.0.0.0/8"}));
  CHECK_FALSE(client.get("http://db.internal/", {"db.internal"}));
  CHECK_THAT(proxy.requests().at(0), ContainsSubstring("GET http://no-such-host.invalid/ HTTP/1.1\r\n"));
}

TEST_CASE("a host that the environment keeps from the proxy is checked directly", "[guard]") {
  ScriptedServer proxy({ok("by proxy")}), server({ok("direct"), ok("direct"), ok("direct"), ok("direct")});
  Client client;
  const Variable variable("http_proxy", proxy.url().c_str());
  for (const char* exceptions : {"*", "x.org,127.0.0.1", "10.0.0.0/8 127.0.0.0/8"}) {
    const Variable none("no_proxy", exceptions);
    INFO(exceptions);
    CHECK_FALSE(client.get(server.url(), {"127.0.0.1"}));
    CHECK(client.get(server.url(), {}).value().kind == Kind::Forbidden);
  }
  for (const char* exceptions : {"localhost", ".localhost"}) {
    const Variable none("NO_PROXY", exceptions);
    CHECK(client.get("http://a.localhost/", {}).value().kind == Kind::Forbidden);
  }
  CHECK(proxy.connections() == 0);
  const Variable none("no_proxy", "7.0.0.1,ocalhost,27.0.0.1,127.0.0.1/");
  CHECK_FALSE(client.get(server.url(), {"127.0.0.1"}));
  CHECK(client.seen.text == "by proxy");
}

TEST_CASE("no more of a body is taken than was asked for, counted as it is unpacked", "[guard]") {
  const std::string bomb(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01\x00\x00\x00\xc2\xa0\xda\x8b\x6f\x0d\x0f\xa0"
      "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x78\x30\x03\x47\x65\x41"
      "\x20\x4e\x00\x00",
      54);
  ScriptedServer server({{Send{http_response("200 OK", "Content-Encoding: gzip\r\n", bomb)}},
                         {Send{http_response("200 OK", "", "exactly 11.")}},
                         {Send{chunked_head("") + chunk("more than 11")}, ScriptedServer::Stall{}}});
  Client client;
  const HttpRequest request{.url = server.url(), .max_body_bytes = 11};
  CHECK(client.get(request) == HttpFailure{Kind::TooLong, "the request to " + server.url().substr(7) +
                                                              " was given up: it has more than 11 bytes"});
  CHECK(client.seen.text == std::string(11, 'x'));
  CHECK_FALSE(client.get(request));
  CHECK(client.seen.text == "exactly 11.");
  CHECK(client.get(request).value().kind == Kind::TooLong);
}

TEST_CASE("headers without end are given up", "[guard]") {
  std::string flood = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 30; ++i) flood += "X: " + std::string(90'000, 'x') + "\r\n";
  ScriptedServer server({{Send{flood}, ScriptedServer::Stall{}}});
  Client client;
  const std::optional<HttpFailure> failure = client.get({.url = server.url()});
  REQUIRE(failure);
  CHECK(client.seen.status == 0);
}

TEST_CASE("the answer to HEAD has no body, whatever length it names", "[guard]") {
  ScriptedServer server({{Send{"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"}}});
  Client client;
  CHECK_FALSE(client.http->send({.method = "HEAD", .url = server.url()}, client.seen, NeverStop()));
  CHECK(client.seen.status == 200);
  CHECK_THAT(server.requests().at(0), ContainsSubstring("HEAD / HTTP/1.1"));
}

TEST_CASE("several threads send at once over one transport", "[guard]") {
  ScriptedServer first({{ScriptedServer::Stall{}, Send{http_response("200 OK", "", "first")}}}),
      second({ok("second")});
  Client client;
  Seen seen;
  std::thread waiting([&] { client.http->send({.url = first.url()}, seen, NeverStop()); });
  first.wait_for_stall();
  CHECK_FALSE(client.get({.url = second.url()}));
  CHECK(client.seen.text == "second");
  first.release();
  waiting.join();
  CHECK(seen.text == "first");
}

}  // namespace agentd
