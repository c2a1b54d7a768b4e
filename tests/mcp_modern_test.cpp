#include "tests/support/catch.h"
#include "tests/support/mcp_ground.h"
#include "tests/support/mcp_host.h"

namespace agentd {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* kDiscovered =
    R"({"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}},"instructions":"Be kind."})";

/// A modern server behind a URL.
struct Web {
  Web() {
    setup.name = "s";
    setup.url = "http://mcp.test/mcp";
    host.on("server/discover", document(kDiscovered));
  }
  McpServer& server() {
    if (!made) made.emplace(setup, process, host.factory());
    return *made;
  }
  McpAnswer call(const std::string& tool, const std::string& arguments = "{}", Effect effect = Effect::Once) {
    return call_tool(server(), mcp_spec(tool, effect), arguments);
  }

  McpHost host;
  McpSetup setup;
  ChildProcess process;
  std::optional<McpServer> made;
};

TEST_CASE("a modern server on HTTP is called without a session, each request standing for itself") {
  Web web;
  web.host.on("tools/list", document(listed({"echo"})));
  web.host.on("tools/call", stream(answer_event(text_result("hi"))));
  const McpTools tools = web.server().list(NeverStop());
  REQUIRE(names_of(tools) == Lines{"s__echo"});
  REQUIRE(tools.instructions == "Be kind.");
  REQUIRE(web.call("echo") == McpAnswer{Outcome::Ok, "hi"});
  web.made.reset();
  REQUIRE(web.host.kinds() == Lines{"server/discover", "tools/list", "tools/call"});
  for (std::size_t i = 0; i < 3; ++i) {
    const McpHost::Seen seen = web.host.seen(i);
    REQUIRE(seen.header("Mcp-Method") == web.host.kinds()[i]);
    REQUIRE(seen.header("MCP-Protocol-Version") == "2026-07-28");
    REQUIRE(seen.header("Mcp-Session-Id") == "(none)");
  }
  REQUIRE(web.host.seen(1).header("Mcp-Name") == "(none)");
  REQUIRE(web.host.seen(2).header("Mcp-Name") == "echo");
  REQUIRE(
      web.host.seen(2).request.body ==
      R"({"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"echo","arguments":{},"_meta":{)"
      R"("progressToken":4,"agentd/idempotency-key":"key-1","io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
      R"("io.modelcontextprotocol/clientInfo":{"name":"agentd","version":")" AGENTD_VERSION R"("},)"
      R"("io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}}})");
}

TEST_CASE("what a server says to the probe decides its era") {
  struct Row {
    McpHost::Reaction reaction;
    std::string second;   ///< what is asked next
    std::string problem;  ///< or what is said
  };
  const auto error = [](const std::string& code, const std::string& data) {
    return responds(
        400, {},
        R"({"jsonrpc":"2.0","id":$id,"error":{"code":)" + code + R"(,"message":"no","data":)" + data + "}}");
  };
  const std::vector<Row> rows = {
      {document(R"({"supportedVersions":["2026-07-28","2025-11-25"]})"), "tools/list", ""},
      {document(R"({"supportedVersions":["2025-11-25"]})"), "initialize", ""},
      {document(R"({"supportedVersions":["2030-01-01"]})"), "", R"(not known here: ["2030-01-01"])"},
      {error("-32022", R"({"supported":["2025-06-18"],"requested":"2026-07-28"})"), "initialize", ""},
      {error("-32022", R"({"supported":["2030-01-01"]})"), "", R"(not known here: ["2030-01-01"])"},
      {error("-32021", R"({"requiredCapabilities":{"sampling":{}}})"), "",
       "answered server/discover with the error \"no\" (code -32021)"},
      {error("-32000", "null"), "initialize", ""},
      {error("-32601", "null"), "initialize", ""},
  };
  for (const Row& row : rows) {
    INFO(row.second << row.problem);
    McpHost host;
    host.on("server/discover", row.reaction);
    host.on("initialize", document(R"({"protocolVersion":"2025-06-18"})"));
    host.on("tools/list", document(listed({"t"})));
    McpSetup setup;
    setup.name = "s";
    setup.url = "http://mcp.test/mcp";
    ChildProcess process;
    const McpTools tools = McpServer(setup, process, host.factory()).list(NeverStop());
    if (row.second.empty()) {
      REQUIRE_THAT(tools.problem, ContainsSubstring(row.problem));
      REQUIRE(host.kinds().size() == 1);
    } else {
      REQUIRE(tools.problem == "");
      REQUIRE(host.kinds()[1] == row.second);
    }
  }
}

TEST_CASE("a server that is pinned to the modern revision is not greeted in the older way") {
  Web web;
  web.setup.protocol = "2026-07-28";
  McpHost host;
  host.on("server/discover", responds(400, {}, "what?"));
  web.made.emplace(web.setup, web.process, host.factory());
  REQUIRE(web.call("t").text ==
          "The MCP server 's' cannot be used: it answered with HTTP status 400: what?. The call has had no "
          "effect.");
  REQUIRE(host.kinds() == Lines{"server/discover"});
}

TEST_CASE(
    "what a modern server wants to know is answered with the same request, and its state goes back as it "
    "was") {
  Web web;
  web.setup.elicitation = Elicitation::AcceptDefaults;
  const std::string form =
      R"({"method":"elicitation/create","params":{"mode":"form","message":"Name?","requestedSchema":{"type":"object","properties":{"name":{"type":"string","default":"Ann"}}}}})";
  web.host.on("tools/call", document(R"({"resultType":"input_required","inputRequests":{"a \"b\"":)" + form +
                                     R"(},"requestState":"\u0041/x="})"));
  web.host.on("tools/call", document(R"({"resultType":"input_required","requestState":"two"})"));
  web.host.on("tools/call",
              document(R"({"resultType":"input_required","inputRequests":{"roots":{"method":"ping"}}})"));
  web.host.on("tools/call",
              document(R"({"resultType":"complete","content":[{"type":"text","text":"done"}]})"));
  const McpAnswer answer = web.call("t", R"({"x":1})");
  REQUIRE(answer == McpAnswer{Outcome::Ok,
                              "done\n[During the call the server asked a person: \"Name?\". Its own default "
                              "values were accepted: {\"name\":\"Ann\"}]"});
  REQUIRE(web.host.kinds().size() == 5);
  const std::string begin = R"("params":{"name":"t","arguments":{"x":1},)";
  REQUIRE_THAT(web.host.seen(1).request.body, ContainsSubstring(begin + R"("_meta")"));
  REQUIRE_THAT(
      web.host.seen(2).request.body,
      ContainsSubstring(
          begin +
          R"("inputResponses":{"a \"b\"":{"action":"accept","content":{"name":"Ann"}}},"requestState":"\u0041/x=","_meta")"));
  REQUIRE_THAT(web.host.seen(3).request.body, ContainsSubstring(begin + R"("requestState":"two","_meta")"));
  REQUIRE_THAT(web.host.seen(4).request.body,
               ContainsSubstring(begin + R"("inputResponses":{"roots":{}},"_meta")"));
  REQUIRE(web.host.seen(2).id != web.host.seen(1).id);
  REQUIRE(web.host.seen(2).header("Mcp-Name") == "t");
}

TEST_CASE("a modern server cannot ask for what is not offered, nor for ever, nor end in an unknown way") {
  Web sampling;
  sampling.host.on(
      "tools/call",
      document(
          R"({"resultType":"input_required","inputRequests":{"x":{"method":"sampling/createMessage"}}})"));
  REQUIRE(sampling.call("t") == McpAnswer{Outcome::Error,
                                          "The MCP server 's' refused the call: it asked for "
                                          "sampling/createMessage, which is not offered here."});
  Web endless;
  endless.host.on("tools/call", document(R"({"resultType":"input_required","requestState":"s"})"));
  REQUIRE(endless.call("t") ==
          McpAnswer{Outcome::Error, "The MCP server 's' refused the call: it asked for more input 8 times."});
  REQUIRE(endless.host.kinds().size() == 9);
  Web strange;
  strange.host.on("tools/call", document(R"({"resultType":"task"})"));
  REQUIRE(strange.call("t") ==
          McpAnswer{Outcome::Error,
                    "The MCP server 's' refused the call: its result is of an unknown type: \"task\"."});
}

TEST_CASE("a modern stream that broke off is asked for anew where that does no harm, and never resumed") {
  Web web;
  web.host.on("tools/call", stream("id: 1\nretry: 0\ndata:\n\n"));
  web.host.on("tools/call", stream(answer_event(text_result("second"))));
  REQUIRE(web.call("t", "{}", Effect::Read) == McpAnswer{Outcome::Ok, "second"});
  REQUIRE(web.host.kinds() == Lines{"server/discover", "tools/call", "tools/call"});
  REQUIRE(web.host.seen(2).id != web.host.seen(1).id);
  Web once;
  once.host.on("tools/call", stream("id: 1\nretry: 0\ndata:\n\n"));
  REQUIRE(once.call("t").outcome == Outcome::Unknown);
  REQUIRE(once.host.kinds().size() == 2);
}

TEST_CASE("a late call to a modern server on HTTP is cancelled by leaving alone") {
  Web web;
  web.setup.timeout_ms = 50;
  web.host.on("tools/call", [](const McpHost::Seen&, HttpSink&, const Stop& stop) {
    while (stop.reason() == StopReason::None) continue;
    return std::optional(HttpFailure{HttpFailure::Kind::Interrupted, "left"});
  });
  REQUIRE(web.call("t").outcome == Outcome::Unknown);
  REQUIRE(web.host.kinds() == Lines{"server/discover", "tools/call"});
}

TEST_CASE("marked parameters of a call are shown in headers, and tools with bad marks are left out") {
  Web web;
  const std::string good =
      R"({"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"deep":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"}}}}})";
  const std::string bad =
      R"({"type":"object","properties":{"region":{"type":"number","x-mcp-header":"Region"}}})";
  web.host.on("tools/list", document(R"({"tools":[{"name":"good","inputSchema":)" + good +
                                     R"(},{"name":"bad","inputSchema":)" + bad + "}]}"));
  web.host.on("tools/call", document(text_result("ok")));
  const McpTools tools = web.server().list(NeverStop());
  REQUIRE(names_of(tools) == Lines{"s__good"});
  REQUIRE(tools.notes == Lines{"The tool 'bad' of the MCP server 's' is left out: \"x-mcp-header\": "
                               "\"Region\" is on an argument that is no text, integer or truth value."});
  REQUIRE(call_tool(web.server(), tools.specs[0], R"({"region":"Köln","deep":{"n":42.0}})").text == "ok");
  REQUIRE(web.host.last("tools/call").header("Mcp-Param-Region") == "=?base64?S8O2bG4=?=");
  REQUIRE(web.host.last("tools/call").header("Mcp-Param-N") == "42");
}

TEST_CASE("a modern server on stdio is found by the probe and listened to") {
  McpGround ground(R"({"server/discover":[[{"answer":)" + std::string(kDiscovered) +
                   R"(}]],"tools/list":[[{"answer":)" + listed({"t"}) + R"(}]],
    "subscriptions/listen":[[{"send":{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged"}}]],
    "tools/call t":[[{"send":{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}},
                     {"answer":{"resultType":"input_required","inputRequests":{"x":{"method":"elicitation/create","params":{"message":"Sure?"}}}}}],
                    [{"say":"done"}]]})");
  REQUIRE(names_of(ground.server().list(NeverStop())) == Lines{"s__t"});
  REQUIRE_FALSE(ground.server().has_changed());
  REQUIRE_THAT(ground.call("t").text, ContainsSubstring("done\n[During the call the server asked"));
  REQUIRE(ground.server().has_changed());
  ground.end_server();
  REQUIRE(ground.methods() == Lines{"start", "server/discover", "subscriptions/listen", "tools/list",
                                    "tools/call", "tools/call", "end"});
  REQUIRE_THAT(ground.log()[2],
               ContainsSubstring(R"("params":{"notifications":{"toolsListChanged":true},"_meta":{)"));
  REQUIRE_THAT(ground.log()[5], ContainsSubstring(R"("inputResponses":{"x":{"action":"decline"}})"));
}

TEST_CASE("a modern server on stdio that is slow to start is not taken for an older one") {
  McpGround ground(
      R"({"server/discover":[[],[{"answer":)" + std::string(kDiscovered) +
      R"(}]],"initialize":[[{"error":{"code":-32601,"message":"initialize is of the past"}}]],"tools/call t":[[{"say":"fine"}]]})");
  ground.setup.timeout_ms = 200;
  REQUIRE(ground.call("t").text == "fine");
  REQUIRE(ground.methods()[1] == "server/discover");
  REQUIRE(ground.methods()[2] == "initialize");
  REQUIRE(ground.methods()[3] == "server/discover");
}

}  // namespace
}  // namespace agentd
