#include <set>

#include "tests/support/catch.h"
#include "tools/mcp/json_slice.h"
#include "tools/mcp/names.h"
#include "tools/mcp/param_headers.h"
#include "tools/mcp/result_text.h"
#include "tools/mcp/rpc.h"
#include "tools/mcp/tool_list.h"

namespace agentd {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("parts of a JSON text are found as they were written") {
  const std::string text = R"( { "a" : 1.0 , "b":[ {"c":"}]\"" } , 2,"x" ], "d" : {} ,"e":null,"a":true } )";
  REQUIRE(json_member(text, "a") == "true");
  REQUIRE(json_member(text, "b") == R"([ {"c":"}]\"" } , 2,"x" ])");
  REQUIRE(json_member(text, "d") == "{}");
  REQUIRE(json_member(text, "e") == "null");
  REQUIRE(json_member(text, "c") == "");
  REQUIRE(json_member("[1]", "a") == "");
  REQUIRE(json_member("", "a") == "");
  Lines items;
  for_each_item(json_member(text, "b"), [&](std::string_view item) { items.emplace_back(item); });
  REQUIRE(items == Lines{R"({"c":"}]\"" })", "2", R"("x")"});
  REQUIRE(json_text(R"("a\u00e9\n")") == "a\xc3\xa9\n");
  REQUIRE(json_text("5") == "");
  REQUIRE(json_text("") == "");
}

TEST_CASE("parts of what is no JSON end somewhere") {
  const std::string text = R"({"a":[1,{"b":"c\"d"},2],"e":"f"})";
  for (std::size_t end = 0; end < text.size(); ++end) {
    const std::string_view cut = std::string_view(text).substr(0, end);
    for_each_member(
        cut, [](std::string_view, std::string_view value) { for_each_item(value, [](std::string_view) {}); });
    for_each_item(cut.substr(std::min<std::size_t>(5, end)), [](std::string_view) {});
  }
  for (const char* odd : {"{,}", "[,]", "[}", "{\"a\"}", "{\"a\":}", "[1 2]", "]", "{\"a\":1 \"b\":2}"}) {
    for_each_member(odd, [](std::string_view, std::string_view) {});
    for_each_item(odd, [](std::string_view) {});
  }
}

TEST_CASE("messages are told apart by what they hold") {
  REQUIRE(parse_messages(R"({"jsonrpc":"2.0","id":1,"result":{"a":1}})") ==
          std::vector<RpcMessage>{{"1", "", "", R"({"a":1})", ""}});
  REQUIRE(parse_messages(R"({"id":"x","method":"ping"})")[0].is_request());
  REQUIRE(parse_messages(R"({"id":null,"method":"ping"})")[0].is_notification());
  REQUIRE(parse_messages(R"({"id":null,"error":{"code":1}})")[0].is_answer());
  REQUIRE(parse_messages(R"([{"id":1,"result":{}},5,{},{"method":"x"}])").size() == 2);
  for (const char* none : {"", " ", "5", "null", "\"x\"", "{}", "[]", "{\"id\":1}", "{\"id\":1,\"result\":}",
                           "{\"result\":{}", "{\"error\":\"x\"}", "{\"method\":5}"}) {
    INFO(none);
    REQUIRE(parse_messages(none).empty());
  }
  const std::string deep =
      R"({"id":1,"result":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  REQUIRE(parse_messages(deep).empty());
  REQUIRE(parse_messages("{\"id\":1,\"result\":\"\xff\"}")[0].result == "\"\xEF\xBF\xBD\"");
}

TEST_CASE("names are such as every model takes, and no two become one") {
  REQUIRE(model_tool_name("fs", "read_file") == "fs__read_file");
  const Lines odd = {
      "a.b", "a_b", "a/b", "a b", "\xc3\xa4", std::string(128, 'x'), std::string(127, 'x') + "y", ""};
  std::set<std::string> names;
  for (const std::string& name : odd) {
    const std::string shown = model_tool_name("s", name);
    INFO(shown);
    REQUIRE(shown.size() <= 64);
    REQUIRE(shown.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
            std::string::npos);
    REQUIRE(names.insert(shown).second);
    REQUIRE(shown == model_tool_name("s", name));
  }
}

struct Listed {
  std::vector<ToolSpec> specs;
  Lines notes;
};

Listed list_of(const std::string& tools, const McpSetup& setup, bool has_headers = false) {
  McpToolList list(setup, has_headers);
  list.add_page(R"({"tools":)" + tools + "}");
  return {list.take_specs(), list.take_notes()};
}

McpSetup setup_of(const Lines& globs = {}) {
  McpSetup setup;
  setup.name = "s";
  setup.tools = globs;
  return setup;
}

TEST_CASE("a tool is taken up with its schema unchanged and its own name beside the model's") {
  const std::string schema =
      R"({ "type":"object","properties":{"z":{"type":"number","maximum":1.50},"a":{}} })";
  const Listed listed =
      list_of(R"([{"name":"x.y","title":"Title","description":" Does it. ","inputSchema":)" + schema + "}]",
              setup_of());
  REQUIRE(listed.specs ==
          std::vector<ToolSpec>{{model_tool_name("s", "x.y"), "Does it.", schema, Effect::Once, "s", "x.y"}});
  REQUIRE(listed.notes.empty());
}

TEST_CASE("a tool without a schema or without its type can be called all the same") {
  const Listed listed = list_of(
      R"([{"name":"a"},{"name":"b","inputSchema":{}},{"name":"c","title":"See","inputSchema":{"properties":{}}}])",
      setup_of());
  REQUIRE(listed.specs.size() == 3);
  REQUIRE(listed.specs[0].parameters == R"({"type":"object"})");
  REQUIRE(listed.specs[1].parameters == R"({"type":"object"})");
  REQUIRE(listed.specs[2].parameters == R"({"type":"object","properties":{}})");
  REQUIRE(listed.specs[2].description == "See");
}

TEST_CASE("a tool that cannot be used is left out with a word, and the others stay") {
  const Listed listed =
      list_of(R"([{"name":"a","inputSchema":{"type":"object","properties":{"x":{"$ref":"http://evil/x"}}}},
    {"name":"b","inputSchema":{"type":"array"}}, {"name":"c","inputSchema":7}, {"name":""}, 5, {"inputSchema":{}},
    {"name":"d"}, {"name":"d"}, {"name":"e","inputSchema":{"type":7}}])",
              setup_of());
  REQUIRE(listed.specs.size() == 1);
  REQUIRE(listed.specs[0].remote_name == "d");
  REQUIRE(listed.notes.size() == 5);
  REQUIRE_THAT(listed.notes[0], ContainsSubstring("The tool 'a' of the MCP server 's' is left out: "));
  REQUIRE(listed.notes[3] == "The tool 'd' of the MCP server 's' is left out: another tool has its name.");
}

TEST_CASE("two tools whose names become one keep two") {
  const std::string taken = model_tool_name("s", "a.b").substr(3);
  const Listed listed = list_of(R"([{"name":"a.b"},{"name":")" + taken + "\"}]", setup_of());
  REQUIRE(listed.specs.size() == 2);
  REQUIRE(listed.specs[0].name != listed.specs[1].name);
}

TEST_CASE("globs choose among the tools, and one that chooses nothing is told") {
  const Listed listed =
      list_of(R"([{"name":"issue_get"},{"name":"issue_set"},{"name":"search"},{"name":"delete"}])",
              setup_of({"search", "issue_*", "wiki_?"}));
  Lines names;
  for (const ToolSpec& spec : listed.specs) names.push_back(spec.remote_name);
  REQUIRE(names == Lines{"issue_get", "issue_set", "search"});
  REQUIRE(listed.notes == Lines{"The MCP server 's' has no tool that matches 'wiki_?'."});
}

TEST_CASE("a server's hints about effects count where it is trusted") {
  const std::string tools =
      R"([{"name":"r","annotations":{"readOnlyHint":true,"idempotentHint":true}},{"name":"i","annotations":{"idempotentHint":true}},
    {"name":"o","annotations":{"readOnlyHint":false}},{"name":"n","annotations":{"readOnlyHint":"true"}}])";
  McpSetup setup = setup_of();
  for (const ToolSpec& spec : list_of(tools, setup).specs) REQUIRE(spec.effect == Effect::Once);
  setup.trusted = true;
  std::vector<Effect> effects;
  for (const ToolSpec& spec : list_of(tools, setup).specs) effects.push_back(spec.effect);
  REQUIRE(effects == std::vector<Effect>{Effect::Read, Effect::Idempotent, Effect::Once, Effect::Once});
}

TEST_CASE("a list without end is cut") {
  const McpSetup setup = setup_of();
  McpToolList list(setup, false);
  int pages = 0;
  while (list.add_page(R"({"tools":[{"name":"t)" + std::to_string(pages) + R"("}],"nextCursor":")" +
                       std::to_string(pages) + "\"}")) {
    REQUIRE(list.next() == "\"cursor\":\"" + std::to_string(pages) + "\"");
    REQUIRE(++pages < 2000);
  }
  REQUIRE(list.take_specs().size() == 1000);
  REQUIRE(list.take_notes().back() ==
          "The MCP server 's' lists more tools than can be taken; those further on are left out.");
}

TEST_CASE("tools that would fill every context are left out from there on") {
  std::string tools;
  for (int i = 0; i < 100; ++i)
    tools += (tools.empty() ? "" : ",") + (R"({"name":"t)" + std::to_string(i)) +
             R"(","inputSchema":{"type":"object","description":")" + std::string(20'000, 'x') + "\"}}";
  const Listed listed = list_of("[" + tools + "]", setup_of());
  REQUIRE(listed.specs.size() == 26);
  REQUIRE(listed.notes == Lines{"The tools of the MCP server 's' take more than 524288 bytes to describe; "
                                "those further on are left out."});
}

TEST_CASE("a result is put out as text, and what is no text by kind and size") {
  struct Row {
    std::string result;
    Outcome outcome;
    std::string text;
  };
  const std::vector<Row> rows = {
      {R"({"content":[{"type":"text","text":"a"},{"type":"text","text":"b\n"},{"type":"text","text":"c"}]})",
       Outcome::Ok, "a\nb\nc"},
      {R"({"content":[{"type":"text","text":"it broke"}],"isError":true})", Outcome::Error, "it broke"},
      {R"({"content":[],"structuredContent":{ "n": 1.0 }})", Outcome::Ok, R"({ "n": 1.0 })"},
      {R"({"structuredContent":[1,2]})", Outcome::Ok, "[1,2]"},
      {R"({"content":[{"type":"text","text":"t"}],"structuredContent":{"n":1}})", Outcome::Ok, "t"},
      {R"({"content":[{"type":"image","data":"aGVsbG8=","mimeType":"image/png"}],"structuredContent":{"n":1}})",
       Outcome::Ok, "[image: image/png, 5 bytes, not shown]\n{\"n\":1}"},
      {R"({"content":[{"type":"audio","data":"","mimeType":"audio/wav"}]})", Outcome::Ok,
       "[audio: audio/wav, 0 bytes, not shown]"},
      {R"({"content":[{"type":"resource","resource":{"uri":"file:///a","text":"inside"}}]})", Outcome::Ok,
       "[resource file:///a]\ninside"},
      {R"({"content":[{"type":"resource","resource":{"uri":"file:///a","mimeType":"application/gzip","blob":"AAAA"}}]})",
       Outcome::Ok, "[file:///a: application/gzip, 3 bytes, not shown]"},
      {R"({"content":[{"type":"resource_link","uri":"file:///a","name":"A"},{"type":"resource_link","uri":"u","name":"B","description":"it"}]})",
       Outcome::Ok, "[link: A file:///a]\n[link: B u: it]"},
      {R"({"content":[{"type":"hologram","x":1}, 5, {"type":"text"}, {"type":"text","text":7}, {"type":"resource"}]})",
       Outcome::Ok,
       "[content of the unknown type 'hologram', 25 bytes]\n[content of the unknown type '', 1 bytes]\n[: , "
       "0 bytes, not shown]"},
      {R"({})", Outcome::Ok, "[no output]"},
      {R"({"content":"odd"})", Outcome::Ok, "[no output]"},
      {"[]", Outcome::Ok, "[no output]"},
  };
  for (const Row& row : rows) {
    INFO(row.result);
    std::string text;
    REQUIRE(write_result(row.result, [&](std::string_view bytes) { text += bytes; }) == row.outcome);
    REQUIRE(text == row.text);
  }
}

TEST_CASE("marks for headers are taken where they lead to an argument, and nowhere else") {
  struct Row {
    std::string schema;  ///< of the root, without braces
    std::string problem;
  };
  const std::vector<Row> rows = {
      {R"("properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"boolean","x-mcp-header":"B-b"}})",
       ""},
      {R"("properties":{"x-mcp-header":{"type":"string"}})", ""},
      {R"("properties":{"a":{"type":"object","default":{"x-mcp-header":"no mark"}}})", ""},
      {R"("properties":{"a":{"type":"string","x-mcp-header":""}})", "is no name"},
      {R"("properties":{"a":{"type":"string","x-mcp-header":"A b"}})", "is no name"},
      {R"("properties":{"a":{"type":"string","x-mcp-header":"A\r\nB"}})", "is no name"},
      {R"("properties":{"a":{"type":"string","x-mcp-header":5}})", "is no name"},
      {R"("properties":{"a":{"type":"number","x-mcp-header":"A"}})", "is on an argument"},
      {R"("properties":{"a":{"type":"object","x-mcp-header":"A"}})", "is on an argument"},
      {R"("properties":{"a":{"x-mcp-header":"A"}})", "is on an argument"},
      {R"("properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}})",
       "is there twice"},
      {R"("x-mcp-header":"A")", "cannot lead"},
      {R"("properties":{"a":{"type":"array","items":{"type":"string","x-mcp-header":"A"}}})", "cannot lead"},
      {R"("properties":{"a":{"anyOf":[{"type":"string","x-mcp-header":"A"}]}})", "cannot lead"},
      {R"("$defs":{"a":{"type":"string","x-mcp-header":"A"}})", "cannot lead"},
      {R"("allOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}])", "cannot lead"},
  };
  for (const Row& row : rows) {
    INFO(row.schema);
    REQUIRE_THAT(param_headers_problem("{" + row.schema + "}"), ContainsSubstring(row.problem));
    REQUIRE(param_headers_problem("{" + row.schema + "}").empty() == row.problem.empty());
  }
}

TEST_CASE("values go into headers plain where they can and encoded where they cannot") {
  REQUIRE(header_value("us-west1") == "us-west1");
  REQUIRE(header_value("a b\tc") == "a b\tc");
  REQUIRE(header_value("Hello, 世界") == "=?base64?SGVsbG8sIOS4lueVjA==?=");
  REQUIRE(header_value(" padded ") == "=?base64?IHBhZGRlZCA=?=");
  REQUIRE(header_value("line1\nline2") == "=?base64?bGluZTEKbGluZTI=?=");
  REQUIRE(header_value("=?base64?literal?=") == "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=");
  REQUIRE(header_value("") ==
          "=?base64?"
          "?=");
  const std::string schema =
      R"({"properties":{"s":{"type":"string","x-mcp-header":"S"},"i":{"type":"integer","x-mcp-header":"I"},"b":{"type":"boolean","x-mcp-header":"B"}}})";
  REQUIRE(param_headers(schema, R"({"s":"x","i":-7,"b":false})") ==
          HttpHeaders{{"Mcp-Param-B", "false"}, {"Mcp-Param-I", "-7"}, {"Mcp-Param-S", "x"}});
  REQUIRE(param_headers(schema, R"({"s":null,"i":[1],"b":{}})").empty());
  REQUIRE(param_headers(schema, "{}").empty());
  REQUIRE(param_headers(schema, "garbage").empty());
}

}  // namespace
}  // namespace agentd
