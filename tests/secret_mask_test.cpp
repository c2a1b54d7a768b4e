#include "core/model/secret_mask.h"

#include "tests/support/catch.h"

using namespace agentd;

namespace {

std::string masked(const std::string& text) {
  return mask_reply(text, {"sk-secret-1", "a\"quoted\\key"});
}

}  // namespace

TEST_CASE("a secret is masked however JSON writes it") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"echo sk-secret-1", "echo [secret]"},
      {R"({"a":"echo \u0073k-secret-1","n":1})", R"({"a":"echo [secret]","n":1})"},
      {R"({"a":"{\"b\":\"\\u0073\\u006b-secret-1\"}"})", R"({"a":"{\"b\":\"[secret]\"}"})"},
      {R"({"\u0073k-secret-1":[1,"sk\u002dsecret-1"]})", R"({"[secret]":[1,"[secret]"]})"},
      {R"(["a\"quoted\\key"])", R"(["[secret]"])"},
      {R"(Action Input: {"a": "\u0073k-secret-1"})", R"(Action Input: {"a": "[secret]"})"},
      {R"({"a":"\u0074\n","b":"C:\\x"})", R"({"a":"\u0074\n","b":"C:\\x"})"},
      {"", ""}};
  for (const auto& [text, expected] : cases) CHECK(masked(text) == expected);
}

TEST_CASE("what hides no secret keeps its bytes") {
  const std::string text = R"({ "a" : "\u00e4\ud83c\udf0d\\" , "b" : 1.50 })";
  CHECK(masked(text) == text);
  CHECK(masked("\\u00 \\ud8 \\") == "\\u00 \\ud8 \\");
}
