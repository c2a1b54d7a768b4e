#include <chrono>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/mcp_ground.h"

namespace agentd {
namespace {

using Lines = std::vector<std::string>;

const std::string kChanged = R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})";

/// A script: the turns of one method, each a list of steps.
std::string on(const std::string& method, const std::string& turns) {
  return "{\"" + method + "\":" + turns + "}";
}

/// Two scripts in one.
std::string both(const std::string& one, const std::string& other) {
  return one.substr(0, one.size() - 1) + "," + other.substr(1);
}

std::string saying(const std::string& tool, const std::string& text) {
  return on("tools/call " + tool, R"([[{"say":")" + text + R"("}]])");
}

TEST_CASE("an older server on stdio is probed, greeted, listed and called") {
  McpGround ground(
      both(on("tools/list", R"([[{"answer":)" + listed({"echo"}) + "}]]"), saying("echo", "hello")));
  const McpTools tools = ground.server().list(NeverStop());
  REQUIRE(tools.problem == "");
  REQUIRE(tools.specs ==
          std::vector<ToolSpec>{{"s__echo", "", R"({"type":"object"})", Effect::Once, "s", "echo"}});
  REQUIRE(ground.call("echo", "{\n\"a\": 1.0}") == McpAnswer{Outcome::Ok, "hello"});
  ground.end_server();
  const Lines log = ground.log();
  REQUIRE(ground.methods() == Lines{"start", "server/discover", "initialize", "notifications/initialized",
                                    "tools/list", "tools/call", "end"});
  REQUIRE(log[2] ==
          R"({"jsonrpc":"2.0","id":2,"method":"initialize","params":{"protocolVersion":"2025-11-25",)"
          R"("capabilities":{"elicitation":{},"roots":{}},"clientInfo":{"name":"agentd","version":")" +
              std::string(AGENTD_VERSION) + R"("}}})");
  REQUIRE(log[3] == R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  REQUIRE(log[5] ==
          R"({"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"echo","arguments":{ "a": 1.0},)"
          R"("_meta":{"progressToken":4,"agentd/idempotency-key":"key-1"}}})");
}

TEST_CASE("a server that ends on the probe is started anew and greeted in the older way") {
  McpGround ground(both(on("server/discover", R"([[{"exit":1}]])"), saying("t", "fine")));
  REQUIRE(ground.call("t") == McpAnswer{Outcome::Ok, "fine"});
  ground.end_server();
  REQUIRE(ground.methods() == Lines{"start", "server/discover", "start", "initialize",
                                    "notifications/initialized", "tools/call", "end"});
}

TEST_CASE("a pinned revision is not probed for and is what is offered") {
  McpGround ground(saying("t", "fine"));
  ground.setup.protocol = "2025-03-26";
  REQUIRE(ground.call("t").text == "fine");
  REQUIRE(ground.methods()[1] == "initialize");
  REQUIRE_THAT(ground.log()[1], ContainsSubstring(R"("protocolVersion":"2025-03-26")"));
}

TEST_CASE("a server of an unknown revision is refused with its name for it") {
  McpGround ground(on("initialize", R"([[{"answer":{"protocolVersion":"1999-01-01"}}]])"));
  REQUIRE(
      ground.call("t") ==
      McpAnswer{
          Outcome::Error,
          "The MCP server 's' cannot be used: it speaks revisions of the protocol that are not known here: "
          "\"1999-01-01\". The call has had no effect."});
}

TEST_CASE("a server that refuses to be greeted says why") {
  McpGround ground(on("initialize", R"([[{"error":{"code":-32000,"message":"no licence"}}]])"));
  REQUIRE(ground.call("t").text ==
          "The MCP server 's' cannot be used: it answered initialize with the error \"no licence\" (code "
          "-32000). The "
          "call has had no effect.");
}

TEST_CASE("a program that cannot be started says so") {
  McpGround ground("{}");
  ground.setup.program.argv = {"/nowhere/server"};
  REQUIRE(ground.call("t").text ==
          "The MCP server 's' cannot be used: its program could not be started: /nowhere/server: cannot "
          "start it: No "
          "such file or directory. The call has had no effect.");
  REQUIRE(
      ground.server().list(NeverStop()).problem ==
      "The MCP server 's' gives no tools: its program could not be started: /nowhere/server: cannot start "
      "it: No such file or directory.");
}

TEST_CASE("a server that crashes in a call costs that call, tells its last words and is started again") {
  McpGround ground(
      both(on("tools/call t", R"([[{"stderr":"out of cheese\n"},{"crash":1}]])"), saying("u", "back")));
  REQUIRE(
      ground.call("t") ==
      McpAnswer{
          Outcome::Unknown,
          "The MCP server 's' was lost during the call: its program was killed by signal 9; its last words: "
          "out of cheese. The call may or may not have taken effect."});
  REQUIRE(ground.call("u") == McpAnswer{Outcome::Ok, "back"});
  const Lines methods = ground.methods();
  REQUIRE(std::count(methods.begin(), methods.end(), "server/discover") == 1);
}

TEST_CASE("a call that only reads and is lost is a failure, not a doubt") {
  McpGround ground(on("tools/call t", R"([[{"exit":3}]])"));
  const McpAnswer answer = call_tool(ground.server(), mcp_spec("t", Effect::Read));
  REQUIRE(answer.outcome == Outcome::Error);
  REQUIRE_THAT(answer.text, ContainsSubstring("ended with exit status 3"));
}

TEST_CASE("a server that crashes again and again is started a few times only") {
  McpGround ground(on("tools/call t", R"([[{"exit":9}]])"));
  ground.setup.protocol = "2025-11-25";
  for (int i = 0; i < 5; ++i) ground.call("t");
  REQUIRE(ground.call("t") == McpAnswer{Outcome::Error,
                                        "The MCP server 's' cannot be used: its program has been started 3 "
                                        "times and is not started again in "
                                        "this invocation. The call has had no effect."});
  const Lines methods = ground.methods();
  REQUIRE(std::count(methods.begin(), methods.end(), "start") == 3);
}

TEST_CASE("a server that hangs in a call costs its time-out, is told, and its late answer is dropped") {
  McpGround ground(on("tools/call slow", "[[]]"));
  ground.setup.timeout_ms = 100;
  ground.setup.protocol = "2025-11-25";
  REQUIRE(
      ground.call("slow") ==
      McpAnswer{
          Outcome::Unknown,
          "The MCP server 's' gave no sign of life for 100ms, or no answer in ten times that. The call was "
          "cancelled and may or may not have taken effect."});
  ground.end_server();
  REQUIRE(ground.methods() == Lines{"start", "initialize", "notifications/initialized", "tools/call",
                                    "notifications/cancelled", "end"});
  REQUIRE(
      ground.log()[4] ==
      R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2,"reason":"timed out"}})");
}

TEST_CASE("a late answer to a call that was given up is dropped") {
  McpGround ground(on("tools/call t", R"([[{"late":1},{"late":7},{"say":"the right one"}]])"));
  REQUIRE(ground.call("t") == McpAnswer{Outcome::Ok, "the right one"});
}

TEST_CASE("progress keeps a call alive beyond the time-out") {
  const std::string steps = R"({"wait ms":1500},{"progress":1},)";
  McpGround ground(on("tools/call t", "[[" + steps + steps + steps + R"({"say":"done"}]])"));
  ground.setup.timeout_ms = 4000;
  ground.setup.protocol = "2025-11-25";
  REQUIRE(ground.call("t") == McpAnswer{Outcome::Ok, "done"});
}

TEST_CASE("progress keeps a call alive up to a limit alone") {
  std::string steps = R"({"progress":0})";
  for (int i = 0; i < 400; ++i) steps += R"(,{"wait ms":5},{"progress":1})";
  McpGround ground(on("tools/call t", "[[" + steps + "]]"));
  ground.setup.timeout_ms = 50;
  ground.setup.protocol = "2025-11-25";
  REQUIRE_THAT(ground.call("t").text, ContainsSubstring("no answer in ten times that"));
}

TEST_CASE("a call that is interrupted is cut off and the server is told") {
  McpGround ground(on("tools/call t", R"([[{"send":)" + kChanged + "}]]"));
  FakeStop stop;
  McpServer& server = ground.server();
  std::thread interrupter([&] {
    while (!server.has_changed()) std::this_thread::yield();
    stop.signal();
  });
  const McpAnswer answer = call_tool(ground.server(), mcp_spec("t"), "{}", stop);
  interrupter.join();
  REQUIRE(answer == McpAnswer{Outcome::Unknown, "", true});
  ground.end_server();
  REQUIRE_THAT(ground.log()[ground.log().size() - 2], ContainsSubstring(R"("reason":"interrupted")"));
}

TEST_CASE("what is no message is skipped, and a server of nothing else is given up") {
  McpGround ground(both(
      on("tools/call t",
         R"([[{"raw":"Listening…\n\n{\"half\":\n[]\n{}\n5\n{\"id\":null,\"result\":\u0001}\n"},{"say":"fine"}]])"),
      on("tools/call u", R"([[{"flood":{"text":"bla\n","times":2000}}]])")));
  REQUIRE(ground.call("t") == McpAnswer{Outcome::Ok, "fine"});
  REQUIRE(ground.call("u").text ==
          "The MCP server 's' was lost during the call: it wrote 1000 lines that are no messages. The call "
          "may or may "
          "not have taken effect.");
}

TEST_CASE("a server that floods with messages or with one endless line is given up") {
  const std::string note = R"({\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n)";
  McpGround ground(both(
      on("tools/call t", R"([[{"flood":{"text":")" + note + R"(","times":200000}}]])"),
      on("tools/call u", R"([[{"flood":{"text":")" + std::string(1 << 20, 'x') + R"(","times":100}}]])")));
  REQUIRE_THAT(ground.call("t").text, ContainsSubstring("it sent 100000 messages that nobody had asked for"));
  REQUIRE_THAT(ground.call("u").text, ContainsSubstring("it wrote a line of more than 33554432 bytes"));
}

TEST_CASE("a long answer arrives whole") {
  const std::string text(5'000'000, 'y');
  McpGround ground(saying("t", text));
  REQUIRE(ground.call("t").text.size() == text.size());
}

TEST_CASE("a server that writes to stderr without end is read") {
  McpGround ground(
      on("tools/call t", R"([[{"stderr":")" + std::string(1'000'000, 'e') + R"("},{"say":"fine"}]])"));
  REQUIRE(ground.call("t") == McpAnswer{Outcome::Ok, "fine"});
}

TEST_CASE("a server that takes no leave is killed") {
  McpGround ground(both(R"({"never ends":true})", saying("t", "fine")));
  REQUIRE(ground.call("t").text == "fine");
  const auto begin = std::chrono::steady_clock::now();
  ground.end_server();
  REQUIRE(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}

TEST_CASE("calls run at the same time over one server, each with its own answer") {
  std::string script = saying("t0", "answer 0");
  for (int i = 1; i < 8; ++i)
    script = both(script, saying("t" + std::to_string(i), "answer " + std::to_string(i)));
  McpGround ground(script);
  ground.server();
  std::vector<std::string> texts(8);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < texts.size(); ++i)
      threads.emplace_back([&, i] { texts[i] = ground.call("t" + std::to_string(i)).text; });
  }
  for (std::size_t i = 0; i < texts.size(); ++i) REQUIRE(texts[i] == "answer " + std::to_string(i));
  const Lines methods = ground.methods();
  REQUIRE(std::count(methods.begin(), methods.end(), "initialize") == 1);
}

TEST_CASE("a server's requests in the middle of a call are answered") {
  struct Row {
    std::string method;
    std::string params;
    Elicitation elicitation;
    std::string response;
    std::string note;
  };
  const std::string properties =
      R"("properties":{"colour":{"type":"string","default":"red","description":"of it"},"size":{"type":"integer"}})";
  const std::string form =
      R"({"message":"Which one?","requestedSchema":{"type":"object",)" + properties + "}}";
  const std::string strict = R"({"message":"Which one?","requestedSchema":{"type":"object",)" + properties +
                             R"(,"required":["size"]}})";
  const std::string link =
      R"({"mode":"url","message":"Which one?","requestedSchema":{"type":"object",)" + properties + "}}";
  const std::vector<Row> rows = {
      {"ping", "{}", Elicitation::Decline, R"("result":{})", ""},
      {"sampling/createMessage", "{}", Elicitation::Decline,
       R"("error":{"code":-32601,"message":"Method not found"})", ""},
      {"elicitation/create", form, Elicitation::Decline, R"("result":{"action":"decline"})",
       "\n[During the call the server asked a person: \"Which one?\" (fields: colour (of it), size). It was "
       "declined: "
       "nobody is there to answer.]"},
      {"elicitation/create", form, Elicitation::Ask, R"("result":{"action":"decline"})",
       "\n[During the call the server asked a person: \"Which one?\" (fields: colour (of it), size). It was "
       "declined for "
       "now. Put the question to the person with the tool ask, then call again with what you learn.]"},
      {"elicitation/create", form, Elicitation::AcceptDefaults,
       R"("result":{"action":"accept","content":{"colour":"red"}})",
       "\n[During the call the server asked a person: \"Which one?\". Its own default values were accepted: "
       "{\"colour\":\"red\"}]"},
      {"elicitation/create", strict, Elicitation::AcceptDefaults, R"("result":{"action":"decline"})",
       "\n[During the call the server asked a person: \"Which one?\" (fields: colour (of it), size). It was "
       "declined: "
       "nobody is there to answer.]"},
      {"elicitation/create", link, Elicitation::AcceptDefaults, R"("result":{"action":"decline"})",
       "\n[During the call the server asked a person: \"Which one?\" (fields: colour (of it), size). It was "
       "declined: "
       "nobody is there to answer.]"},
      {"elicitation/create", R"("garbage")", Elicitation::AcceptDefaults, R"("result":{"action":"decline"})",
       ""},
  };
  for (const Row& row : rows) {
    INFO(row.method << " " << row.params);
    McpGround ground(on("tools/call t", R"([[{"send":{"jsonrpc":"2.0","id":"q-1","method":")" + row.method +
                                            R"(","params":)" + row.params +
                                            R"(}},{"await":1},{"say":"done"}]])"));
    ground.setup.elicitation = row.elicitation;
    REQUIRE(ground.call("t") == McpAnswer{Outcome::Ok, "done" + row.note});
    REQUIRE(ground.log().back() == R"({"jsonrpc":"2.0","id":"q-1",)" + row.response + "}");
  }
}

TEST_CASE("a server is told the workspace as its root") {
  McpGround ground(
      on("tools/call t",
         R"([[{"send":{"jsonrpc":"2.0","id":5,"method":"roots/list"}},{"await":1},{"say":"done"}]])"));
  REQUIRE(ground.call("t").text == "done");
  REQUIRE(ground.log().back() ==
          R"({"jsonrpc":"2.0","id":5,"result":{"roots":[{"name":"workspace","uri":"file://)" +
              ground.folder.path().string() + R"("}]}})");
}

TEST_CASE("a server that says its tools have changed is heard until it is asked for them") {
  McpGround ground(both(
      on("tools/list", R"([[{"answer":)" + listed({"t"}) + R"(}],[{"answer":)" + listed({"t", "u"}) + "}]]"),
      on("tools/call t", R"([[{"send":)" + kChanged + R"(},{"say":"fine"}]])")));
  REQUIRE(names_of(ground.server().list(NeverStop())) == Lines{"s__t"});
  REQUIRE_FALSE(ground.server().has_changed());
  ground.call("t");
  REQUIRE(ground.server().has_changed());
  REQUIRE(names_of(ground.server().list(NeverStop())) == Lines{"s__t", "s__u"});
  REQUIRE_FALSE(ground.server().has_changed());
}

TEST_CASE("a server that gives no list says why") {
  McpGround silent(on("tools/list", "[[]]"));
  silent.setup.timeout_ms = 50;
  REQUIRE(silent.server().list(NeverStop()).problem ==
          "The MCP server 's' gives no tools: it did not answer tools/list within 50ms.");
  McpGround refusing("{}");
  REQUIRE(refusing.server().list(NeverStop()).problem ==
          "The MCP server 's' gives no tools: it answered tools/list with the error \"no tools/list\" (code "
          "-32601).");
  FakeStop stop;
  stop.signal();
  McpGround stopped("{}");
  const McpTools tools = stopped.server().list(stop);
  REQUIRE(tools.is_stopped);
  REQUIRE(tools.problem == "");
  REQUIRE(stopped.log().empty());
}

TEST_CASE("what a server asks while several calls are pending is told with each of them") {
  const std::string ask =
      R"({"send":{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"Sure?"}}})";
  // The first call is answered when the second has come, and both behind the question.
  McpGround ground(
      both(on("tools/call a", "[[]]"), on("tools/call b", "[[" + ask + R"(,{"late":1},{"say":"b"}]])")));
  ground.server().list(NeverStop());
  std::string first;
  McpServer& server = ground.server();
  std::thread other([&] { first = call_tool(server, mcp_spec("a")).text; });
  while (ground.methods().back() != "tools/call") std::this_thread::yield();
  const std::string second = ground.call("b").text;
  other.join();
  REQUIRE_THAT(first, ContainsSubstring("asked a person: \"Sure?\""));
  REQUIRE_THAT(second, ContainsSubstring("asked a person: \"Sure?\""));
}

TEST_CASE("a JSON-RPC error is a failed call with its message and code") {
  McpGround ground(on("tools/call t", R"([[{"error":{"code":-32602,"message":"Unknown tool"}}]])"));
  REQUIRE(ground.call("t") ==
          McpAnswer{Outcome::Error,
                    "The MCP server 's' answered with the error \"Unknown tool\" (code -32602)."});
}

TEST_CASE("a list that repeats a cursor ends") {
  McpGround ground(on("tools/list", R"([[{"answer":)" + listed({"a"}, R"(,"nextCursor":"x")") + "}]]"));
  const McpTools tools = ground.server().list(NeverStop());
  REQUIRE(names_of(tools) == Lines{"s__a"});
  REQUIRE(tools.notes.size() == 2);
  REQUIRE(tools.notes.back() ==
          "The MCP server 's' repeats itself in its list of tools; the pages behind that are left out.");
}

}  // namespace
}  // namespace agentd
