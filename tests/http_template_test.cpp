#include "tools/http_template.h"

#include "tests/support/catch.h"

namespace agentd {
namespace {

/// The URL, or "refused".
std::string url_of(const std::string& url, const std::string& arguments) {
  const auto made = http_request({.kind = "http", .url = url}, argument_texts(arguments));
  const auto* request = std::get_if<HttpRequest>(&made);
  return request != nullptr ? request->url : "refused";
}

HttpRequest request_of(const ToolSetup& setup, const std::string& arguments) {
  return std::get<HttpRequest>(http_request(setup, argument_texts(arguments)));
}

std::string body_of(const std::string& body, const std::string& arguments, const std::string& type = "") {
  ToolSetup setup{.kind = "http", .method = "POST", .url = "https://a/", .body = body};
  if (!type.empty()) setup.headers = {{"Content-Type", type}};
  return request_of(setup, arguments).body;
}

struct Row {
  std::string text;
  std::string arguments;
  std::string expected;
};

}  // namespace

TEST_CASE("no argument leaves its segment of the path", "[http]") {
  const Row rows[] = {
      {"https://a/x/{{p}}/y", R"({"p":"b c"})", "https://a/x/b%20c/y"},
      {"https://a/x/{{p}}", R"({"p":"../../etc"})", "https://a/x/..%2F..%2Fetc"},
      {"https://a/x/{{p}}", R"({"p":"a?b#c&d=e;f"})", "https://a/x/a%3Fb%23c%26d%3De%3Bf"},
      {"https://a/x/{{p}}", R"({"p":"%2e%2e"})", "https://a/x/%252e%252e"},
      {"https://a/x/{{p}}", R"({"p":"a\\b\r\n\u0000é"})", "https://a/x/a%5Cb%0D%0A%00%C3%A9"},
      {"https://a/x/{{p}}", R"({"p":"{{p}}"})", "https://a/x/%7B%7Bp%7D%7D"},
      {"https://a/x/{{p}}", R"({"p":"@b:80"})", "https://a/x/%40b%3A80"},
      {"https://a/x/{{p}}.json", R"({"p":"."})", "https://a/x/..json"},
      {"https://a/x/{{p}}/{{p}}", R"({"p":7})", "https://a/x/7/7"},
      {"https://a/x/{{p}}", R"({"p":"."})", "refused"},
      {"https://a/x/{{p}}", R"({"p":".."})", "refused"},
      {"https://a/x/{{p}}{{q}}", R"({"p":".","q":"."})", "refused"},
      {"https://a/x/.{{p}}", R"({"p":"."})", "refused"},
      {"https://a/x/{{p}}/y", R"({"p":""})", "refused"},
      {"https://a/x/{{p}}", R"({})", "refused"},
      {"https://a/x/{{p}}", R"({"p":null})", "refused"},
      {"https://a", "{}", "https://a/"},
      {"https://a?x={{p}}", R"({"p":"1"})", "https://a/?x=1"},
  };
  for (const Row& row : rows) {
    INFO(row.text << " " << row.arguments);
    CHECK(url_of(row.text, row.arguments) == row.expected);
  }
}

TEST_CASE("no argument leaves its pair of the query, and one without a value has none", "[http]") {
  const std::string url = "https://a/?fixed=1&q={{q}}&n={{n}}&both={{q}}-{{n}}";
  const Row rows[] = {
      {url, R"({"q":"a b&c=d#e?f+%","n":5})",
       "https://a/?fixed=1&q=a%20b%26c%3Dd%23e%3Ff%2B%25&n=5&both=a%20b%26c%3Dd%23e%3Ff%2B%25-5"},
      {url, R"({"q":""})", "https://a/?fixed=1&q="},
      {url, R"({"n":-1.5,"q":null})", "https://a/?fixed=1&n=-1.5"},
      {url, "{}", "https://a/?fixed=1"},
      {"https://a/?q={{q}}", "{}", "https://a/"},
      {"https://a/?q={{q}}", R"({"q":true})", "https://a/?q=true"},
      {"https://a/?q={{q}}", R"({"q":5.0})", "https://a/?q=5"},
      {"https://a/?q={{q}}", R"({"q":18446744073709551615})", "https://a/?q=18446744073709551615"},
      {"https://a/?q={{q}}", R"({"q":["a",{"b":1}]})", "https://a/?q=%5B%22a%22%2C%7B%22b%22%3A1%7D%5D"},
      {"https://a/?{{q}}=1", R"({"q":"a=b"})", "https://a/?a%3Db=1"},
  };
  for (const Row& row : rows) {
    INFO(row.text << " " << row.arguments);
    CHECK(url_of(row.text, row.arguments) == row.expected);
  }
}

TEST_CASE("arguments in a JSON body keep their type, and never become structure", "[http]") {
  const Row rows[] = {
      {R"({"a":"{{x}}"})", R"({"x":"\",\"admin\":true,\""})", R"({"a":"\",\"admin\":true,\""})"},
      {R"({"a":"{{x}}"})", R"({"x":5})", R"({"a":5})"},
      {R"({"a":"{{x}}"})", R"({"x":5.0})", R"({"a":5})"},
      {R"({"a":"{{x}}"})", R"({"x":[1,{"b":null}]})", R"({"a":[1,{"b":null}]})"},
      {R"({"a":"{{x}}"})", R"({"x":false})", R"({"a":false})"},
      {R"({"a":"n={{x}}"})", R"({"x":5})", R"({"a":"n=5"})"},
      {R"({"a":"{{x}}","b":"x{{x}}","c":1})", "{}", R"({"c":1})"},
      {R"({"a":"{{x}}"})", R"({"x":null})", "{}"},
      {R"(["{{x}}",{"y":"{{y}}"},2])", R"({"y":"{{x}}"})", R"([{"y":"{{x}}"},2])"},
      {R"([[],{},null,"t"])", "{}", R"([[],{},null,"t"])"},
  };
  for (const Row& row : rows) {
    INFO(row.text << " " << row.arguments);
    CHECK(body_of(row.text, row.arguments) == row.expected);
  }
}

TEST_CASE("a body that is a text is a form, plain, or an argument itself", "[http]") {
  const std::string form = "application/x-www-form-urlencoded; charset=utf-8";
  CHECK(body_of(R"("a={{x}}&b={{y}}&c=1")", R"({"x":"1&b=2"})", form) == "a=1%26b%3D2&c=1");
  CHECK(body_of(R"("Dear {{x}},")", R"({"x":"A & B"})", "text/plain") == "Dear A & B,");
  CHECK(body_of(R"("{{x}}")", R"({"x":"<a/>"})", "application/xml") == "<a/>");
  CHECK(body_of(R"("{{x}}")", R"({"x":{"a":1}})", "application/json") == R"({"a":1})");
  CHECK(body_of(R"("{{x}}")", "{}") == "");
}

TEST_CASE("a body says what it is unless the task does", "[http]") {
  ToolSetup setup{.kind = "http", .method = "POST", .url = "https://a/", .body = "{}"};
  CHECK(request_of(setup, "{}").headers == HttpHeaders{{"Content-Type", "application/json"}});
  setup.body = R"("x")";
  CHECK(request_of(setup, "{}").headers == HttpHeaders{{"Content-Type", "text/plain; charset=utf-8"}});
  setup.headers = {{"content-type", "application/vnd.x+json"}};
  setup.body = "[]";
  CHECK(request_of(setup, "{}").headers == HttpHeaders{{"content-type", "application/vnd.x+json"}});
  setup = {.kind = "http", .url = "https://a/"};
  CHECK(request_of(setup, "{}") == HttpRequest{.method = "GET", .url = "https://a/"});
}

TEST_CASE("no argument leaves its header", "[http]") {
  ToolSetup setup{.kind = "http", .url = "https://a/"};
  setup.headers = {{"Authorization", "Bearer t"}, {"X-Q", "q {{q}}"}};
  CHECK(request_of(setup, R"({"q":"a: b"})").headers ==
        HttpHeaders{{"Authorization", "Bearer t"}, {"X-Q", "q a: b"}});
  CHECK(request_of(setup, "{}").headers == HttpHeaders{{"Authorization", "Bearer t"}});
  for (const char* value : {"a\\r\\nX-Evil: 1", "a\\nb", "a\\rb", "a\\u0000b", "\\u007f"}) {
    INFO(value);
    const auto made = http_request(setup, argument_texts(std::string(R"({"q":")") + value + "\"}"));
    CHECK(std::get<NoRequest>(made).why ==
          "The argument for the header X-Q must be one line without control characters.");
  }
}

TEST_CASE("nulls that the schema does not know are arguments left out", "[http]") {
  const ToolSpec spec{
      "x", "", R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":["null","string"]}}})"};
  CHECK(fitting_arguments(spec, R"({"a":null,"b":null})") == "{}");
  CHECK(fitting_arguments(spec, R"({"a":"x","b":null})") == R"({"a":"x","b":null})");
  CHECK(fitting_arguments(spec, R"( {"b" : "x", "a":"y"} )") == R"({"b":"x","a":"y"})");
  CHECK(fitting_arguments(spec, "  \n") == "{}");
}

}  // namespace agentd
