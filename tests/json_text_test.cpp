#include "core/json_text.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace agentd {
namespace {

using nlohmann::json;

std::string string_literal(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

TEST_CASE("strings are escaped as a JSON library escapes them, at every place in a word of eight bytes") {
  for (int c = 0; c < 0x80; ++c) {
    for (std::size_t before = 0; before < 10; ++before) {
      const std::string text = std::string(before, 'x') + static_cast<char>(c) + "0123456789";
      if (json::parse(string_literal(text)) != json(text))
        FAIL_CHECK("character " << c << " behind " << before);
    }
  }
  CHECK(string_literal("\"\\\n\r\t\b\x1f/é") == R"("\"\\\n\r\t\u0008\u001f/é")");
  CHECK(string_literal("") == "\"\"");
}

TEST_CASE("only one whole JSON object passes as an object") {
  const std::vector<std::string> good = {"{}",
                                         " { } \n",
                                         R"({"a":1})",
                                         R"({"a":[1,-0,0.5,1e9,1.5E-3,2e+1],"b":{"c":null}})",
                                         R"({"a":true,"a":false})",
                                         R"({"\u00e9\"\\\/\b\f\n\r\t":"é"})",
                                         R"({"a":[[],{}]})"};
  for (const std::string& text : good) {
    INFO(text);
    CHECK(is_json_object(text));
    CHECK(json::accept(text));
  }
  const std::vector<std::string> bad = {"",
                                        " ",
                                        "{",
                                        "}",
                                        "[]",
                                        "1",
                                        "\"a\"",
                                        "null",
                                        "{}{}",
                                        "{} x",
                                        "{a:1}",
                                        "{'a':1}",
                                        R"({"a"})",
                                        R"({"a":})",
                                        R"({"a":1,})",
                                        R"({,"a":1})",
                                        R"({"a":01})",
                                        R"({"a":1.})",
                                        R"({"a":.5})",
                                        R"({"a":1e})",
                                        R"({"a":-})",
                                        R"({"a":+1})",
                                        R"({"a":"})",
                                        R"({"a":"\x"})",
                                        R"({"a":"\u12"})",
                                        R"({"a":"\u12g4"})",
                                        R"({"a":nul})",
                                        R"({"a":[1,]})",
                                        R"({"a":[1 2]})",
                                        R"({"a":[1})",
                                        R"({"a" 1})",
                                        R"({"a":NaN})",
                                        "{\"a\":\"\n\"}",
                                        std::string("{\"a\":\"\0\"}", 9),
                                        std::string("{}\0", 3),
                                        std::string("{\"a\":\"\\\0\"}", 10)};
  for (const std::string& text : bad) {
    INFO(text);
    CHECK_FALSE(is_json_object(text));
  }
}

TEST_CASE("any one JSON value passes as JSON") {
  for (const char* good : {"1", " -0.5e+3 ", "\"a\"", "null", "true", "[]", " [1, {}] ", "{}"}) {
    INFO(good);
    CHECK(is_json(good));
  }
  for (const char* bad : {"", " ", "1 2", "01", "nul", "[1", "\"", "{}]", "x"}) {
    INFO(bad);
    CHECK_FALSE(is_json(bad));
  }
  CHECK_FALSE(is_json(std::string(10'000'000, '[')));
}

TEST_CASE("half a surrogate pair in an escape is replaced, a whole one and all else are kept") {
  for (const char* good :
       {"", "{}", R"({"a":"\ud83d\uDE00"})", R"("\\ud83d")", R"("\n\u00e9\"\ud7ff\ue000")", "\\", R"(\u12)"})
    CHECK(with_whole_escapes(good) == good);
  CHECK(with_whole_escapes(R"("\ud83d")") == R"("\ufffd")");
  CHECK(with_whole_escapes(R"("\uDE00\ud83d\ud83d\ude00 \ud83dx")") ==
        R"("\ufffd\ufffd\ud83d\ude00 \ufffdx")");
  CHECK(with_whole_escapes(R"("\ud83d\u0041")") == R"("\ufffd\u0041")");
}

TEST_CASE("nesting that would overflow a stack does not pass") {
  const auto nested = [](std::size_t depth) {
    return R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  CHECK(is_json_object(nested(199)));
  CHECK_FALSE(is_json_object(nested(201)));
  CHECK_FALSE(is_json_object(R"({"a":)" + std::string(10'000'000, '[')));
}

}  // namespace agentd
