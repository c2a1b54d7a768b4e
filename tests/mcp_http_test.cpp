#include <atomic>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/mcp_ground.h"
#include "tests/support/mcp_host.h"

namespace agentd {
namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t kMostBytes = (32 << 20) + 1;

constexpr const char* kGreeting =
    R"({"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"x","version":"1"}})";

/// A legacy server with sessions, and a client of it.
struct Web {
  Web() {
    setup.name = "s";
    setup.url = "http://mcp.test/mcp";
    setup.headers = {{"X-Team", "blue"}};
    setup.timeout_ms = 20'000;
    setup.secrets = &secrets;
    host.on("server/discover",
            responds(
                400, {},
                R"({"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Server not initialized"}})"));
    host.on("initialize", document(kGreeting, {{"mcp-session-id", "abc"}}));
  }
  McpServer& server() {
    if (!made) made.emplace(setup, process, host.factory());
    return *made;
  }
  McpAnswer call(const std::string& tool, Effect effect = Effect::Once) {
    return call_tool(server(), mcp_spec(tool, effect));
  }

  McpHost host;
  Secrets secrets;
  McpSetup setup;
  ChildProcess process;
  std::optional<McpServer> made;
};

TEST_CASE("an older server on HTTP is probed, greeted, called in its session and left") {
  Web web;
  web.host.on("tools/list", document(listed({"echo"})));
  web.host.on("tools/call", stream(": hello\r\n\r\n" + answer_event(text_result("hi"))));
  web.host.on("DELETE", responds(405, {}, ""));
  REQUIRE(names_of(web.server().list(NeverStop())) == Lines{"s__echo"});
  REQUIRE(web.call("echo") == McpAnswer{Outcome::Ok, "hi"});
  web.made.reset();
  REQUIRE(web.host.kinds() == Lines{"server/discover", "initialize", "notifications/initialized",
                                    "tools/list", "tools/call", "DELETE"});
  const McpHost::Seen greeting = web.host.seen(1);
  REQUIRE(greeting.header("Mcp-Session-Id") == "(none)");
  REQUIRE(greeting.header("MCP-Protocol-Version") == "(none)");
  for (const std::size_t i : {2U, 3U, 4U, 5U}) {
    INFO(i);
    REQUIRE(web.host.seen(i).header("Mcp-Session-Id") == "abc");
    REQUIRE(web.host.seen(i).header("MCP-Protocol-Version") == "2025-06-18");
    REQUIRE(web.host.seen(i).header("Accept") == "application/json, text/event-stream");
    REQUIRE(web.host.seen(i).header("Mcp-Method") == "(none)");
    REQUIRE(web.host.seen(i).header("X-Team") == "blue");
    REQUIRE(web.host.seen(i).request.url == "http://mcp.test/mcp");
  }
}

TEST_CASE("an older server may answer the probe with anything") {
  const std::vector<McpHost::Reaction> rows = {
      responds(400, {}, ""),
      responds(404, {}, "<html>not here</html>"),
      responds(405, {}, ""),
      responds(406, {}, R"({"error":"strange"})"),
      responds(500, {}, "Internal Server Error"),
      responds(202, {}, ""),
      responds(200, {{"Content-Type", "application/json"}},
               R"({"jsonrpc":"2.0","id":$id,"error":{"code":-32601,"message":"no such method"}})"),
      responds(200, {{"Content-Type", "text/html"}}, "<html>"),
      responds(0, {}, "", HttpFailure{HttpFailure::Kind::Broken, "cut"}),
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO(i);
    McpHost host;
    host.on("server/discover", rows[i]);
    host.on("initialize", document(kGreeting));
    host.on("tools/call", document(text_result("fine")));
    McpSetup setup;
    setup.name = "s";
    setup.url = "http://mcp.test/mcp";
    ChildProcess process;
    McpServer server(setup, process, host.factory());
    REQUIRE(call_tool(server, mcp_spec("t")) == McpAnswer{Outcome::Ok, "fine"});
    REQUIRE(host.last("tools/call").header("Mcp-Session-Id") == "(none)");
  }
}

TEST_CASE("a session that was lost is begun anew, once for all calls, and the call is repeated") {
  for (const auto& lost :
       {responds(404, {},
                 R"({"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}})"),
        responds(404, {}, ""), responds(400, {}, "Bad Request: No valid session ID provided")}) {
    Web web;
    web.host.on("tools/call", lost);
    web.host.on("tools/call", document(text_result("again")));
    REQUIRE(web.call("t") == McpAnswer{Outcome::Ok, "again"});
    REQUIRE(web.host.kinds() == Lines{"server/discover", "initialize", "notifications/initialized",
                                      "tools/call", "initialize", "notifications/initialized", "tools/call"});
    REQUIRE(web.host.seen(4).header("Mcp-Session-Id") == "(none)");
  }
}

TEST_CASE("a session that is lost each time is a failure without effect") {
  Web web;
  web.host.on("tools/call", responds(404, {}, ""));
  REQUIRE(web.call("t") ==
          McpAnswer{Outcome::Error,
                    "The MCP server 's' cannot be used: it ended the session. The call has had no effect."});
}

TEST_CASE("a server that wants to know who calls is quoted") {
  Web web;
  web.host.on("tools/call", responds(401, {{"WWW-Authenticate", "Bearer resource_metadata=\"https://x/y\""}},
                                     "{\"error\":\"invalid_token\"}"));
  REQUIRE(web.call("t") ==
          McpAnswer{Outcome::Error,
                    "The MCP server 's' cannot be used: it answered with HTTP status 401: "
                    "{\"error\":\"invalid_token\"}; it wants: "
                    "Bearer resource_metadata=\"https://x/y\". The call has had no effect."});
  Web closed;
  McpHost host;
  host.on("server/discover", responds(401, {{"www-authenticate", "Bearer"}}, ""));
  closed.made.emplace(closed.setup, closed.process, host.factory());
  REQUIRE(closed.server().list(NeverStop()).problem ==
          "The MCP server 's' gives no tools: it answered with HTTP status 401; it wants: Bearer.");
  REQUIRE(host.kinds() == Lines{"server/discover"});
}

TEST_CASE("a redirect is told, not followed") {
  Web web;
  web.host.on("tools/call", responds(307, {{"Location", "https://elsewhere/mcp"}}, ""));
  REQUIRE_THAT(web.call("t").text,
               ContainsSubstring("it leads on to https://elsewhere/mcp, which is not followed"));
}

TEST_CASE("answers that are none end a call with what came") {
  struct Row {
    McpHost::Reaction reaction;
    Outcome outcome;
    std::string text;
  };
  const HttpFailure cut{HttpFailure::Kind::Broken, "the request to mcp.test failed: cut"};
  const std::vector<Row> rows = {
      {responds(202, {}, ""), Outcome::Unknown, "HTTP status 202"},
      {responds(200, {{"Content-Type", "text/html"}}, "<html>hello"), Outcome::Unknown,
       "HTTP status 200: <html>hello"},
      {document("7\n}\n{"), Outcome::Unknown, "HTTP status 200"},
      {responds(200, {}, R"({"jsonrpc":"2.0","id":77,"result":{}})"), Outcome::Unknown, "HTTP status 200"},
      {responds(429, {}, "slow down"), Outcome::Error,
       "refused the call: it answered with HTTP status 429: slow down."},
      {responds(502, {}, "bad gateway"), Outcome::Unknown, "HTTP status 502: bad gateway"},
      {responds(400, {}, R"({"jsonrpc":"2.0","id":$id,"error":{"code":-32602,"message":"no"}})"),
       Outcome::Error, "the error \"no\" (code -32602)"},
      {responds(200, {},
                R"([{"jsonrpc":"2.0","id":5,"result":{}},{"jsonrpc":"2.0","id":$id,"result":)" +
                    text_result("in a batch") + "}]"),
       Outcome::Ok, "in a batch"},
      {stream(answer_event(text_result("cut behind it")), cut), Outcome::Ok, "cut behind it"},
      {stream("data: half", cut), Outcome::Unknown, "failed: cut"},
      {stream("data:\n\ndata: no JSON\n\n"), Outcome::Unknown, "it answered with HTTP status 200"},
      {responds(0, {}, "",
                HttpFailure{HttpFailure::Kind::Connect, "the request to mcp.test failed: refused"}),
       Outcome::Error, "failed: refused. The call has had no effect."},
      {responds(200, {{"Content-Type", "text/event-stream"}}, "data: " + std::string(kMostBytes, 'x')),
       Outcome::Unknown, "it sent a message of more than 33554432 bytes"},
      {responds(200, {}, std::string(kMostBytes, ' ')), Outcome::Unknown,
       "it sent a message of more than 33554432 bytes"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    Web web;
    web.host.on("tools/call", row.reaction);
    const McpAnswer answer = web.call("t");
    REQUIRE_THAT(answer.text, ContainsSubstring(row.text));
    REQUIRE(answer.outcome == row.outcome);
  }
}

TEST_CASE("a call that may be repeated is, once, when its answer was lost") {
  Web web;
  web.host.on("tools/call", responds(502, {}, ""));
  web.host.on("tools/call", document(text_result("second")));
  REQUIRE(web.call("t", Effect::Idempotent) == McpAnswer{Outcome::Ok, "second"});
  Web down;
  down.host.on("tools/call", responds(502, {}, ""));
  REQUIRE(down.call("t", Effect::Read).outcome == Outcome::Error);
  REQUIRE(down.host.kinds().size() == 5);
  Web careful;
  careful.host.on("tools/call", responds(502, {}, ""));
  REQUIRE(careful.call("t").outcome == Outcome::Unknown);
  REQUIRE(careful.host.kinds().size() == 4);
}

TEST_CASE("a stream that ends before the answer is resumed where it stopped, when the server wants it") {
  Web web;
  web.host.on("tools/call", stream("id: 1-a\nretry: 1\ndata:\n\ndata: {\"half"));
  web.host.on("GET", stream(":\n\n"));
  web.host.on("GET", responds(0, {}, "", HttpFailure{HttpFailure::Kind::Connect, "down"}));
  web.host.on(
      "GET",
      stream("id: 1-b\nevent: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\n\n"));
  web.host.on("GET",
              stream("data: {\"jsonrpc\":\"2.0\",\"id\":3,\"result\":" + text_result("at last") + "}\n\n"));
  REQUIRE(web.call("t") == McpAnswer{Outcome::Ok, "at last"});
  REQUIRE(web.host.kinds() == Lines{"server/discover", "initialize", "notifications/initialized",
                                    "tools/call", "GET", "GET", "GET", "GET"});
  REQUIRE(web.host.seen(4).header("Last-Event-ID") == "1-a");
  REQUIRE(web.host.seen(6).header("Last-Event-ID") == "1-a");
  REQUIRE(web.host.seen(7).header("Last-Event-ID") == "1-b");
  REQUIRE(web.host.seen(7).header("Mcp-Session-Id") == "abc");
}

TEST_CASE("a stream that cannot be resumed is a lost call, and its session stays") {
  Web web;
  web.host.on("tools/call", stream("id: 1\nretry: 0\ndata:\n\n"));
  web.host.on("GET", responds(404, {}, ""));
  REQUIRE(web.call("t") == McpAnswer{Outcome::Unknown,
                                     "The MCP server 's' was lost during the call: it ended the response "
                                     "without an answer. The call may or may not have taken effect."});
  REQUIRE(web.host.kinds().back() == "GET");
}

TEST_CASE("a server's requests on the stream are answered by POST before the stream goes on") {
  Web web;
  const std::string ask =
      event(R"({"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"Sure?"}})");
  web.host.on("tools/call", stream(ask + event(R"({"jsonrpc":"2.0","id":9,"method":"ping"})") +
                                   answer_event(text_result("ok"))));
  web.host.on("response", responds(202, {}, ""));
  REQUIRE_THAT(web.call("t").text,
               ContainsSubstring("ok\n[During the call the server asked a person: \"Sure?\""));
  REQUIRE(web.host.kinds() == Lines{"server/discover", "initialize", "notifications/initialized",
                                    "tools/call", "response", "response"});
  REQUIRE(web.host.seen(4).request.body == R"({"jsonrpc":"2.0","id":"q","result":{"action":"decline"}})");
  REQUIRE(web.host.seen(4).header("Mcp-Session-Id") == "abc");
  REQUIRE(web.host.seen(5).request.body == R"({"jsonrpc":"2.0","id":9,"result":{}})");
}

/// A server that says nothing until it is left.
std::optional<HttpFailure> says_nothing(const McpHost::Seen&, HttpSink& sink, const Stop& stop) {
  sink.head(200, {{"Content-Type", "text/event-stream"}});
  while (stop.reason() == StopReason::None) {
    sink.body(":\n");
    std::this_thread::yield();
  }
  return HttpFailure{HttpFailure::Kind::Interrupted, "interrupted"};
}

TEST_CASE("comments on a stream are no sign of life, and a late call is cancelled") {
  Web web;
  web.setup.timeout_ms = 50;
  web.host.on("tools/call", says_nothing);
  REQUIRE_THAT(web.call("t").text, ContainsSubstring("gave no sign of life for 50ms"));
  REQUIRE(web.host.kinds().back() == "notifications/cancelled");
  REQUIRE(web.host.last("notifications/cancelled").header("Mcp-Session-Id") == "abc");
}

TEST_CASE("a call on HTTP that is interrupted is cut off and the server is told") {
  Web web;
  FakeStop stop;
  web.host.on("tools/call", [&](const McpHost::Seen& seen, HttpSink& sink, const Stop& inner) {
    stop.signal();
    return says_nothing(seen, sink, inner);
  });
  REQUIRE(call_tool(web.server(), mcp_spec("t"), "{}", stop) == McpAnswer{Outcome::Unknown, "", true});
  REQUIRE(web.host.kinds().back() == "notifications/cancelled");
}

TEST_CASE("progress on a stream keeps a call alive") {
  Web web;
  web.setup.timeout_ms = 3000;
  web.host.on("tools/call", [](const McpHost::Seen& seen, HttpSink& sink, const Stop& stop) {
    sink.head(200, {{"Content-Type", "text/event-stream"}});
    for (int i = 0; i < 3 && stop.reason() == StopReason::None; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1200));
      sink.body(event(R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":)" +
                      seen.id + "}}"));
    }
    sink.body(with_id(answer_event(text_result("done")), seen.id));
    return std::optional<HttpFailure>();
  });
  REQUIRE(web.call("t") == McpAnswer{Outcome::Ok, "done"});
}

TEST_CASE("a list that has changed is noticed on a stream too") {
  Web web;
  web.host.on("tools/call", stream(event(R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})") +
                                   answer_event(text_result("ok"))));
  REQUIRE_FALSE(web.server().has_changed());
  web.call("t");
  REQUIRE(web.server().has_changed());
}

/// A server that takes the tokens of `good` alone.
McpHost::Reaction guarded(const std::string& good, const McpHost::Reaction& inner) {
  return [=](const McpHost::Seen& seen, HttpSink& sink, const Stop& stop) {
    if (seen.header("Authorization") == "Bearer " + good) return inner(seen, sink, stop);
    sink.head(401, {{"WWW-Authenticate", "Bearer error=\"invalid_token\""}});
    return std::optional<HttpFailure>();
  };
}

TEST_CASE("client credentials become a token, which is renewed once when it is refused, and never shown") {
  Web web;
  web.setup.credentials = {"http://auth.test/token", "id:1", "the secret", "tools"};
  web.host.on("POST",
              responds(200, {}, R"({"access_token":"token-one","token_type":"Bearer","expires_in":3600})"));
  web.host.on("POST", responds(200, {}, R"({"access_token":"token-two","token_type":"Bearer"})"));
  web.host.on("tools/call", guarded("token-one", document(text_result("first"))));
  web.host.on("tools/call", guarded("token-two", document(text_result("now token-two and token-one"))));
  REQUIRE(web.call("t").text == "first");
  const std::string second = web.call("t").text;
  REQUIRE(second == "now token-two and token-one");
  REQUIRE(mask(second, web.secrets) == "now [secret] and [secret]");
  REQUIRE(web.host.kinds() == Lines{"POST", "server/discover", "initialize", "notifications/initialized",
                                    "tools/call", "tools/call", "POST", "tools/call"});
  const HttpRequest asked = web.host.seen(0).request;
  REQUIRE(asked.url == "http://auth.test/token");
  REQUIRE(asked.body == "grant_type=client_credentials&scope=tools&resource=http%3A%2F%2Fmcp.test%2Fmcp");
  REQUIRE(web.host.seen(0).header("Authorization") == "Basic aWQlM0ExOnRoZSUyMHNlY3JldA==");
  REQUIRE(web.host.seen(0).header("X-Team") == "(none)");
  REQUIRE(web.host.seen(3).header("Authorization") == "Bearer token-one");
}

TEST_CASE("credentials that are refused are told as the token server puts it") {
  Web web;
  web.setup.credentials = {"http://auth.test/token", "id", "the secret", ""};
  web.host.on("POST", responds(401, {}, R"({"error":"invalid_client"})"));
  REQUIRE(web.call("t").text ==
          "The MCP server 's' cannot be used: no access token could be had for it: the token server answered "
          "with HTTP status 401: invalid_client. The call has had no effect.");
  Web loop;
  loop.setup.credentials = web.setup.credentials;
  loop.host.on("POST", responds(200, {}, R"({"access_token":"token-one"})"));
  loop.host.on("tools/call", guarded("another", document("{}")));
  REQUIRE_THAT(loop.call("t").text, ContainsSubstring("HTTP status 401"));
  REQUIRE(loop.host.kinds().size() == 7);
}

}  // namespace
}  // namespace agentd
