#include "core/tool_templates.h"

#include "core/templates.h"
#include "tests/support/catch.h"

namespace agentd {
namespace {

const std::string kParameters =
    R"({"type":"object","properties":{"path":{"type":"string"},"page":{"type":"integer"}},
                                    "required":["path"]})";

/// "POINTER MESSAGE", one a line.
std::string problems(ToolSetup tool) {
  std::string lines;
  for (const Problem& one : template_problems(tool)) lines += one.pointer + " " + one.message + "\n";
  return lines;
}

std::string exec(std::vector<std::string> command, std::vector<std::string> check = {}) {
  return problems(
      {.kind = "exec", .name = "x", .parameters = kParameters, .command = command, .check = check});
}

ToolSetup http(const std::string& url) {
  return {.kind = "http", .name = "x", .parameters = kParameters, .url = url};
}

}  // namespace

TEST_CASE("a template is cut at its places and nowhere else", "[templates]") {
  using Parts = std::vector<TemplatePart>;
  CHECK(parse_template("") == Parts{});
  CHECK(parse_template("a{{b}}c{{ d }}") == Parts{{"a", false}, {"b", true}, {"c", false}, {"d", true}});
  CHECK(parse_template("{{a}}{{a}}") == Parts{{"a", true}, {"a", true}});
  CHECK(parse_template("{{{a}}}") == Parts{{"{", false}, {"a", true}, {"}", false}});
  for (const char* text :
       {"{{", "}}", "{{}}", "{{ }}", "{{.Names}}", "{{a b}}", "{{a", "{a}", "{{1a}}", "{{{{"}) {
    INFO(text);
    CHECK(parse_template(text) == Parts{{text, false}});
  }
  CHECK(whole_template("{{ a }}") == "a");
  CHECK_FALSE(whole_template("{{a}} "));
  CHECK_FALSE(whole_template("{{a}}{{b}}"));
  CHECK_FALSE(whole_template("a"));
  CHECK(template_names("{{inputs.topic}}{{b-1}}") == std::vector<std::string>{"inputs.topic", "b-1"});
}

TEST_CASE("a command that can be run has no problems", "[templates]") {
  CHECK(exec({"pdftotext", "{{path}}", "-p", "{{page}}"}) == "");
  CHECK(exec({"program"}) == "");
  CHECK(exec({"program"}, {"test", "-f", "{{path}}"}) == "");
  CHECK(exec({"docker", "ps", "--format", "{{.Names}}"}) == "");
}

TEST_CASE("what is wrong with a command is named where it stands", "[templates]") {
  CHECK(exec({}) == "/command command: the program is missing\n");
  CHECK(exec({""}) == "/command/0 the name of the program is empty\n");
  CHECK(exec({"{{path}}", "{{page}}"}) ==
        "/command/0 {{path}} cannot stand in the name of the program, which the task alone decides\n");
  CHECK(exec({"p", "{{pth}}", "{{page}}", "{{path}}"}) ==
        "/command/1 {{pth}}: `parameters` has no such property; did you mean {{path}}?\n");
  CHECK(exec({"p", "{{path}}"}) ==
        "/parameters/properties/page the argument page goes nowhere: write {{page}} where it belongs\n");
  CHECK(exec({"p"}, {"c", "{{inputs.topic}}"}) ==
        "/check/1 {{inputs.topic}}: `parameters` has no such property\n");
}

TEST_CASE("arguments of a request stand in path, query, headers and body", "[templates]") {
  ToolSetup tool = http("https://a.example:8080/x/{{path}}?page={{page}}");
  CHECK(problems(tool) == "");
  tool = http("https://a.example/{{path}}");
  tool.headers = {{"X-Page", "{{page}}"}};
  CHECK(problems(tool) == "");
  tool = http("https://a.example");
  tool.method = "POST";
  tool.body = R"({"a":["{{path}}",{"b":"page {{page}}"}]})";
  CHECK(problems(tool) == "");
  tool.body = R"("{{path}}")";
  tool.headers = {{"X", "{{page}}"}};
  CHECK(problems(tool) == "");
  tool.body = R"("p={{path}}")";
  tool.headers = {{"content-type", "application/x-www-form-urlencoded"}, {"X", "{{page}}"}};
  CHECK(problems(tool) == "");
}

TEST_CASE("no argument decides where a request goes", "[templates]") {
  for (const char* url : {"https://{{path}}/?{{page}}", "https://a.{{path}}:80/?{{page}}",
                          "https://a:{{path}}/?{{page}}", "{{path}}://a/?{{page}}", "{{path}}/{{page}}",
                          "https://{{path}}@a/?{{page}}", "https://a{{path}}/{{page}}?"}) {
    INFO(url);
    CHECK_THAT(problems(http(url)), ContainsSubstring("not in scheme, host or port"));
  }
  for (const char* url : {"", "a.example/{{path}}", "ftp://a/{{path}}", "https:///{{path}}",
                          "https://u@a/{{path}}", "file:///{{path}}", "https://a b/{{path}}"}) {
    INFO(url);
    CHECK_THAT(problems(http(url)), ContainsSubstring("/url url: must begin with"));
  }
  CHECK_THAT(problems(http("https://a/{{path}}?{{page}}#x")), ContainsSubstring("/url url: has a fragment"));
}

TEST_CASE("what is wrong with a request is named where it stands", "[templates]") {
  CHECK(problems(http("https://a/{{path}}/{{page}}")) ==
        "/url {{page}} stands in the path of the url: `parameters` must list it in `required`\n");
  CHECK(problems(http("https://a/{{path}}?{{nope}}&{{page}}")) ==
        "/url {{nope}}: `parameters` has no such property\n");
  ToolSetup tool = http("https://a/{{path}}?{{page}}");
  tool.headers = {{"A B", "x"}, {"C", "x\r\nD: y"}};
  CHECK(problems(tool) ==
        "/headers/A B headers: 'A B' is no name of a header\n"
        "/headers/C headers: the value of C must be one line\n");
  tool.headers = {};
  tool.body = "{}";
  CHECK(problems(tool) == "/body body: a GET has none; set `method`\n");
  tool.method = "POST";
  tool.body = R"({"{{path}}":1})";
  CHECK(problems(tool) ==
        "/body/{{path}} {{path}} cannot stand in the name of a member, which the task alone decides\n");
  for (const char* type : {"application/json", "application/xml", "text/html"}) {
    tool.headers = {{"Content-Type", type}};
    tool.body = R"("{\"a\":\"{{path}}\"}")";
    CHECK_THAT(problems(tool), ContainsSubstring("/body body: arguments can stand in a text only where"));
  }
  tool.allow = {"intranet", "http://intranet"};
  CHECK_THAT(problems(tool), ContainsSubstring("/allow/1 allow: must be a host"));
  CHECK(problems({.name = "http_get", .allow = {"10.0.0.0/8"}}) == "");
}

}  // namespace agentd
