#include <thread>

#include "core/os/child_process.h"
#include "core/os/curl_http.h"
#include "tests/support/catch.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_stop.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_folder.h"
#include "tests/support/variable.h"
#include "tools/arguments.h"
#include "tools/builtin.h"
#include "tools/task_tools.h"

namespace agentd {
namespace {

using Send = ScriptedServer::Send;
using Stall = ScriptedServer::Stall;

const std::string kHtml = "Content-Type: text/html; charset=utf-8\r\n";

ScriptedServer::Exchange ok(const std::string& body,
                            const std::string& headers = "Content-Type: text/plain\r\n") {
  return {Send{http_response("200 OK", headers, body)}};
}
ScriptedServer::Exchange redirect(const std::string& to, const std::string& status = "302 Found") {
  return {Send{http_response(status, "Location: " + to + "\r\n", "moved")}};
}

class Bench {
  Variable proxy_{"http_proxy", nullptr}, all_{"all_proxy", nullptr}, upper_{"ALL_PROXY", nullptr};
  NeverStop never_;
  ChildProcess process_;
  Secrets secrets_;
  std::unique_ptr<HttpTransport> curl_ = make_curl_http();

 public:
  ToolSetup get{.name = "http_get", .allow = {"127.0.0.1"}};
  ToolSetup tool{.kind = "http", .name = "x"};
  HttpTransport* http = curl_.get();
  const Stop* stop = &never_;

  /// "ok: …", "error: …", "cut off".
  std::string fetch(const std::string& url, const std::string& more = "") {
    return run(*make_http_get(get), R"({"url":")" + url + "\"" + more + "}");
  }
  std::string call(const std::string& arguments = "{}") { return run(*make_http(tool), arguments); }

 private:
  std::string run(const Tool& what, const std::string& arguments) {
    const std::string problem = arguments_problem(what.spec(), arguments);
    if (!problem.empty()) return "error: " + problem;
    std::string text;
    const ToolContext context{".", ".", process_, *stop, {}, secrets_, nullptr, http};
    const ToolAnswer answer =
        what.run({{3, 1}, "x", arguments, "key-1"}, context, [&](std::string_view bytes) { text += bytes; });
    if (answer.cut_off) return "cut off";
    return (answer.outcome == Outcome::Ok ? "ok: " : "error: ") + text + answer.text;
  }
};

std::string host(const ScriptedServer& server) {
  return server.url().substr(7);
}

}  // namespace

TEST_CASE("a page comes as its text, or as its source", "[http_get]") {
  const std::string html = "<title>T</title><h1>A</h1><p>See <a href=/b>b</a>.";
  ScriptedServer server({ok(html, kHtml), ok(html, kHtml), ok(html, "")});
  Bench bench;
  const std::string expected = "ok: Title: T\n\n# A\n\nSee [b](" + server.url() + "/b).";
  CHECK(bench.fetch(server.url() + "/x") == expected);
  CHECK(bench.fetch(server.url() + "/x", R"(,"raw":true)") == "ok: " + html);
  CHECK(bench.fetch(server.url() + "/x") == "ok: " + html);  // no type, and no beginning of a page
  CHECK_THAT(server.requests()[0], ContainsSubstring("GET /x HTTP/1.1\r\n"));
  CHECK_THAT(server.requests()[0], ContainsSubstring("\r\nAccept: text/html"));
}

TEST_CASE("other text comes as it is, in UTF-8; the rest is only named", "[http_get]") {
  const std::string binary = std::string("\x89PNG\r\n\x1a\n\0\0", 10);
  ScriptedServer server({ok(R"({"a": [1]})", "Content-Type: application/json\r\n"),
                         ok("<a/>", "Content-Type: application/atom+xml\r\n"),
                         ok("caf\xe9", "Content-Type: text/csv; charset=latin1\r\n"),
                         ok(binary, "Content-Type: image/png\r\n"),
                         ok(binary, ""),
                         ok("a\nb", "Content-Type: application/octet-stream\r\n"),
                         ok("", kHtml),
                         ok("<!doctype html><p>x", ""),
                         ok("<script>x</script>", kHtml),
                         {Send{"HTTP/1.1 204 No Content\r\n\r\n"}}});
  Bench bench;
  for (const char* expected :
       {R"(ok: {"a": [1]})", "ok: <a/>", "ok: café", "ok: [image/png, 10 bytes: not text]",
        "ok: [unknown, 10 bytes: not text]", "ok: a\nb", "ok: [no content]", "ok: x",
        "ok: [a page without text: it may be filled in by scripts, which are not run; with raw its source is "
        "shown]",
        "ok: [no content]"})
    CHECK(bench.fetch(server.url()) == expected);
}

TEST_CASE("a status of 400 and up is an error that shows the beginning of the answer", "[http_get]") {
  ScriptedServer server({{Send{http_response("404 Not Found", kHtml, "<h1>Not here</h1>")}},
                         {Send{http_response("500 Oh", "", std::string(9'000, 'x'))}},
                         {Send{http_response("304 Not Modified", "", "")}},
                         {Send{http_response("302 Found", "", "lost")}}});
  Bench bench;
  CHECK(bench.fetch(server.url()) == "error: [HTTP status 404]\n# Not here");
  const std::string failed = bench.fetch(server.url());
  CHECK_THAT(failed, ContainsSubstring("error: [HTTP status 500]\nxxx"));
  CHECK(failed.size() < 2'100);
  CHECK(bench.fetch(server.url()) == "error: [HTTP status 304]\n[no content]");
  CHECK(bench.fetch(server.url()) == "error: [HTTP status 302]\nlost");
}

TEST_CASE("the open web alone is open, unless the task opens more", "[http_get]") {
  ScriptedServer server({ok("secret")});
  Bench bench;
  bench.get.allow = {};
  const std::string refused = bench.fetch(server.url());
  CHECK_THAT(refused, ContainsSubstring("error: The request failed: the request to " + host(server) +
                                        " was refused: 127.0.0.1 is not a public address"));
  CHECK_THAT(bench.fetch("http://localhost/"), ContainsSubstring("localhost is at "));
  CHECK_THAT(bench.fetch("http://169.254.169.254/latest/meta-data"),
             ContainsSubstring("not a public address"));
  for (const char* url : {"ftp://a/", "file:///etc/passwd", "a.example", "http://user@127.0.0.1/", "//a", "",
                          "javascript:1", "http://example.com\\\\@127.0.0.1/"}) {
    INFO(url);
    CHECK(bench.fetch(url) ==
          "error: The url must begin with http:// or https:// and a host, without a user before an '@'.");
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("redirects are followed, and the answer says where it comes from", "[http_get]") {
  ScriptedServer server({redirect("/b", "301 Moved"), redirect("c?d", "307 Temporary"), ok("there")});
  Bench bench;
  CHECK(bench.fetch(server.url() + "/a") == "ok: [redirected to " + server.url() + "/c?d]\nthere");
  CHECK_THAT(server.requests()[2], ContainsSubstring("GET /c?d HTTP/1.1"));
}

TEST_CASE("a redirect leads nowhere that the request itself may not go", "[http_get]") {
  ScriptedServer secret({ok("secret")});
  ScriptedServer server({redirect(secret.url()), redirect("http://localhost:1/"),
                         redirect("http://[::ffff:127.0.0.1]/"), redirect("http://2130706433/"),
                         redirect("http://169.254.169.254/"), redirect("file:///etc/passwd"),
                         redirect("http://u:p@127.0.0.1/"), redirect("gopher://127.0.0.1/")});
  Bench bench;
  bench.get.allow = {host(server)};
  for (int i = 0; i < 5; ++i)
    CHECK_THAT(bench.fetch(server.url()), ContainsSubstring("is not a public address"));
  for (int i = 0; i < 3; ++i)
    CHECK(bench.fetch(server.url()) == "error: The request failed: the request to " + host(server) +
                                           " was redirected to what is no http or https URL.");
  CHECK(secret.connections() == 0);
}

TEST_CASE("redirects in a circle end", "[http_get]") {
  ScriptedServer server(std::vector<ScriptedServer::Exchange>(6, redirect("/again")));
  Bench bench;
  CHECK(bench.fetch(server.url()) ==
        "error: The request failed: the request to " + host(server) + " was given up after 5 redirects.");
  CHECK(server.requests().size() == 6);
}

TEST_CASE("a response without end is cut, and so is one that never begins or dries up", "[http_get]") {
  std::string flood = chunked_head("Content-Type: text/plain\r\n");
  for (int i = 0; i < 20; ++i) flood += chunk(std::string(1'000, 'x'));
  ScriptedServer server({{Send{flood}, Stall{}}});
  Bench bench;
  bench.get.max_bytes = 10'000;
  CHECK(bench.fetch(server.url()) ==
        "ok: " + std::string(10'000, 'x') + "\n[cut here: the response is longer than 10000 bytes]");
  bench.get.timeout_ms = 50;
  ScriptedServer silent({{Stall{}}}), dry({{Send{chunked_head("") + chunk("x")}, Stall{}}});
  CHECK_THAT(bench.fetch(silent.url()), ContainsSubstring("error: The request failed: "));
  CHECK_THAT(bench.fetch(dry.url()), ContainsSubstring("error: The request failed: "));
}

TEST_CASE("garbage instead of a response is an error", "[http_get]") {
  ScriptedServer server({{Send{"nonsense\r\n\r\n"}, ScriptedServer::Close{}},
                         {Send{chunked_head(kHtml) + "zz\r\n"}, ScriptedServer::Close{}},
                         {Send{chunked_head(kHtml) + chunk("<p>half")}, ScriptedServer::Reset{}},
                         {Send{http_response("200 OK", "Content-Encoding: gzip\r\n", "no gzip")}},
                         {ScriptedServer::Close{}}});
  Bench bench;
  for (int i = 0; i < 5; ++i)
    CHECK_THAT(bench.fetch(server.url()), ContainsSubstring("error: The request failed: the request to "));
}

TEST_CASE("a deadline cuts a fetch off", "[http_get]") {
  ScriptedServer server({{Stall{}}});
  Bench bench;
  FakeStop stop;
  stop.set_time_left_ms(30);
  bench.stop = &stop;
  CHECK(bench.fetch(server.url()) == "cut off");
}

TEST_CASE("an http tool sends what the task describes", "[http_tool]") {
  ScriptedServer server({ok("done")});
  Bench bench;
  bench.tool.method = "POST";
  bench.tool.url = server.url() + "/orders/{{id}}?note={{note}}";
  bench.tool.headers = {{"Authorization", "Bearer secret"}};
  bench.tool.body = R"({"count":"{{count}}","text":"{{note}}"})";
  bench.tool.parameters =
      R"({"type":"object","properties":{"id":{},"note":{},"count":{}},"required":["id"]})";
  CHECK(make_http(bench.tool)->spec().effect == Effect::Once);
  CHECK(bench.call(R"({"id":"a/b","count":3})") == "ok: done");
  const std::string sent = server.requests()[0];
  CHECK_THAT(sent, ContainsSubstring("POST /orders/a%2Fb HTTP/1.1\r\n"));
  CHECK_THAT(sent, ContainsSubstring("\r\nAuthorization: Bearer secret\r\n"));
  CHECK_THAT(sent, ContainsSubstring("\r\nContent-Type: application/json\r\n"));
  CHECK(sent.ends_with("\r\n\r\n{\"count\":3}"));
  CHECK(sent.find("Idempotency-Key") == std::string::npos);
  CHECK(bench.call(R"({"id":".."})") ==
        "error: The argument id cannot be empty, '.' or '..': it is a part of a path.");
}

TEST_CASE("a tool that can be repeated sends the key of its call", "[http_tool]") {
  ScriptedServer server({ok("1"), ok("2")});
  Bench bench;
  bench.tool.method = "PUT";
  bench.tool.url = server.url();
  bench.tool.effect = "idempotent";
  CHECK(bench.call() == "ok: 1");
  bench.tool.headers = {{"idempotency-key", "own"}};
  CHECK(bench.call() == "ok: 2");
  CHECK_THAT(server.requests()[0], ContainsSubstring("\r\nIdempotency-Key: key-1\r\n"));
  CHECK(server.requests()[0].find("Content-Type") == std::string::npos);  // there is no content
  CHECK_THAT(server.requests()[1], ContainsSubstring("\r\nidempotency-key: own\r\n"));
  CHECK(server.requests()[1].find("key-1") == std::string::npos);
}

TEST_CASE("the server that the task names is open, and no other beside it", "[http_tool]") {
  ScriptedServer secret({ok("secret")});
  ScriptedServer server({ok("named"), redirect(secret.url()), redirect("/b"), ok("same")});
  Bench bench;
  bench.tool.url = server.url() + "/a";
  CHECK(bench.call() == "ok: named");
  CHECK_THAT(bench.call(), ContainsSubstring("is not a public address"));
  CHECK(bench.call() == "ok: same");
  CHECK(secret.connections() == 0);
}

TEST_CASE("headers stay with the origin they are for", "[http_tool]") {
  FakeHttp http;
  Bench bench;
  bench.http = &http;
  bench.tool.url = "https://a.example/x";
  bench.tool.headers = {{"Authorization", "Bearer secret"}};
  const auto moved = [](const std::string& to) { return FakeResponse{302, {{"Location", to}}}; };
  const auto headers_of_last = [&](std::deque<FakeResponse> responses) {
    http.responses = std::move(responses);
    CHECK(bench.call() == "ok: [no content]");
    return http.requests.back().headers;
  };
  const HttpHeaders secret = {{"Authorization", "Bearer secret"}};
  CHECK(headers_of_last({moved("/y"), {200}}) == secret);
  CHECK(headers_of_last({moved("https://A.example:443/y"), {200}}) == secret);
  for (const char* elsewhere : {"http://a.example/x", "https://a.example:444/x", "https://b.example/",
                                "//b.example", "https://a.example./x", "https://x.a.example/"}) {
    INFO(elsewhere);
    CHECK(headers_of_last({moved(elsewhere), {200}}).empty());
    CHECK(headers_of_last({moved(elsewhere), moved("https://a.example/back"), {200}}).empty());
  }
  for (const HttpRequest& request : http.requests)
    CHECK(request.reach->allow == std::vector<std::string>{"a.example:443"});
}

TEST_CASE("what changes something is not sent after a redirect", "[http_tool]") {
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    ScriptedServer server({redirect("/b", "307 Temporary")});
    Bench bench;
    bench.tool.method = method;
    bench.tool.url = server.url();
    INFO(method);
    CHECK(bench.call() == "error: [HTTP status 307]\n[the server points to /b; that was not followed]");
    CHECK(server.requests().size() == 1);
  }
}

TEST_CASE("a request that may have taken effect says so when it fails", "[http_tool]") {
  constexpr char kUnsure[] = "The server may or may not have done it.";
  ScriptedServer server({{ScriptedServer::Close{}}, {ScriptedServer::Close{}}});
  Bench bench;
  bench.tool.method = "POST";
  bench.tool.url = server.url();
  CHECK_THAT(bench.call(), ContainsSubstring(kUnsure));
  bench.tool.method = "GET";
  CHECK(bench.call().find(kUnsure) == std::string::npos);
  bench.tool.method = "POST";
  bench.tool.url = "http://127.0.0.1:1/";
  CHECK(bench.call().find(kUnsure) == std::string::npos);
}

TEST_CASE("HEAD answers with the headers", "[http_tool]") {
  ScriptedServer server({{Send{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"x\"\r\n\r\n"}}});
  Bench bench;
  bench.tool.method = "HEAD";
  bench.tool.url = server.url();
  CHECK(make_http(bench.tool)->spec().effect == Effect::Read);
  CHECK(bench.call() == "ok: [HTTP status 200]\nContent-Length: 5\nETag: \"x\"");
}

}  // namespace agentd
