#include "core/model/strict_schema.h"

#include <string>

#include "tests/support/catch.h"

namespace agentd {
namespace {

const std::string kStrict =
    R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false})";
const std::string kLoose = R"({"type":"object","properties":{"n":{"type":"integer"}}})";

}  // namespace

TEST_CASE("strict mode is asked for only where it surely takes the schema") {
  const auto object = [](const std::string& properties, const std::string& required) {
    return R"({"type":"object","additionalProperties":false,"properties":{)" + properties +
           R"(},"required":[)" + required + "]}";
  };
  const auto a = [&](const std::string& schema) { return object("\"a\":" + schema, "\"a\""); };
  for (const std::string& schema :
       {kStrict, object("", ""), a(R"({"type":["string","null"],"description":"d","enum":["x",null]})"),
        a(R"({"type":"array","items":{"type":"number","minimum":0},"minItems":1})"), a(kStrict),
        a(R"({"anyOf":[{"type":"string"},{"type":"null"}]})"), a(R"({"$ref":"#"})"),
        R"({"$defs":{"x":{"type":"string"}},)" + a(R"({"$ref":"#/$defs/x"})").substr(1),
        a(a(a(a(R"({"type":"object","properties":{},"required":[],"additionalProperties":false})"))))}) {
    INFO(schema);
    CHECK(is_strict_schema(schema));
  }
  std::string wide, names;
  for (int i = 0; i < 101; ++i) {
    const std::string key = "\"p" + std::to_string(i) + "\"";
    wide += (i == 0 ? "" : ",") + key + R"(:{"type":"null"})";
    names += (i == 0 ? "" : ",") + key;
  }
  for (const std::string& schema : {std::string(),
                                    std::string("x"),
                                    std::string("[]"),
                                    std::string("{}"),
                                    kLoose,
                                    std::string(R"({"type":"array","items":{"type":"string"}})"),
                                    a("true"),
                                    a("{}"),
                                    a(kLoose),
                                    a(R"({"type":"array"})"),
                                    a(R"({"type":"string","minLength":1})"),
                                    a(R"({"type":"string","default":"x"})"),
                                    a(R"({"type":"string","pattern":"x"})"),
                                    a(R"({"type":"text"})"),
                                    a(R"({"type":[]})"),
                                    a(R"({"oneOf":[{"type":"string"}]})"),
                                    a(R"({"anyOf":[]})"),
                                    a(R"({"anyOf":[{"type":"array"}]})"),
                                    a(R"({"$ref":"#/$defs/x"})"),
                                    a(R"({"$ref":"#","description":"d"})"),
                                    object(R"("a":{"type":"null"})", ""),
                                    object("", R"("a")"),
                                    object(R"("a":{"type":"null"},"b":{"type":"null"})", R"("a","a")"),
                                    a(a(a(a(a(a(R"({"type":"null"})")))))),
                                    R"({"anyOf":[{"type":"null"}],)" + kStrict.substr(1),
                                    R"({"$defs":{"x":{}},)" + kStrict.substr(1),
                                    a(R"({"type":"null","description":")" + std::string(15'000, 'x') + "\"}"),
                                    object(wide, names)}) {
    INFO(schema.substr(0, 300));
    CHECK_FALSE(is_strict_schema(schema));
  }
}

}  // namespace agentd
