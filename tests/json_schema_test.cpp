#include "core/json_schema.h"

#include <nlohmann/json.hpp>

#include "core/schema_pattern.h"
#include "core/text.h"
#include "tests/support/catch.h"

namespace agentd {
namespace {

struct Row {
  std::string schema;
  std::string json;
  std::string expected = {};  ///< empty: valid
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.schema << " " << row.json);
    CHECK(schema_problem(row.schema).value_or("") == "");
    CHECK(schema_error(row.schema, row.json).value_or("") == row.expected);
  }
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("each type is known, and said in words", "[schema]") {
  check({
      {R"({"type":"string"})", R"("a")"},
      {R"({"type":"string"})", "1", "must be a string"},
      {R"({"type":"integer"})", "5"},
      {R"({"type":"integer"})", "5.0"},
      {R"({"type":"integer"})", "5.5", "must be an integer"},
      {R"({"type":"integer"})", R"("5")", "must be an integer"},
      {R"({"type":"integer"})", "18446744073709551615"},
      {R"({"type":"number"})", "5"},
      {R"({"type":"number"})", "true", "must be a number"},
      {R"({"type":"boolean"})", "false"},
      {R"({"type":"boolean"})", R"("true")", "must be true or false"},
      {R"({"type":"null"})", "null"},
      {R"({"type":"null"})", "0", "must be null"},
      {R"({"type":"array"})", "{}", "must be an array"},
      {R"({"type":"object"})", "[]", "must be an object"},
      {R"({"type":"object"})", R"("")", "must be an object"},
      {R"({"type":["string","null"]})", "null"},
      {R"({"type":["string","null"]})", "1", "must be a string or null"},
  });
}

TEST_CASE("a problem is told with its place and what was expected there", "[schema]") {
  const std::string schema = R"({"type":"object","properties":{"summary":{"type":"string"},
      "rows":{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}},
      "a/b~c":{"const":1}},"required":["summary"]})";
  check({
      {schema, R"({"summary":"x"})"},
      {schema, R"({"summary":"x","more":1})"},
      {schema, "{}", "/summary: is missing"},
      {schema, R"({"summary":7})", "/summary: must be a string"},
      {schema, R"({"summary":"","rows":[{"n":1},{"n":"1"},{}]})",
       "/rows/1/n: must be an integer; /rows/2/n: is missing"},
      {schema, R"({"summary":"","a/b~c":2})", "/a~1b~0c: must be 1"},
      {schema, R"(["summary"])", "must be an object"},
      {R"({"properties":{"a":{}},"additionalProperties":false})", R"({"a":1,"b":2})", "/b: is unknown"},
      {R"({"additionalProperties":false})", R"({"a":1,"b":2})", "/a: is unknown; /b: is unknown"},
      {R"({"additionalProperties":{"type":"integer"}})", R"({"x":"y"})", "/x: must be an integer"},
      {R"({"items":{"type":"string"}})", R"([1,2,3,4,5,6,7])",
       "/0: must be a string; /1: must be a string; /2: must be a string; /3: must be a string; /4: must be "
       "a "
       "string; and more"},
  });
}

TEST_CASE("numbers, lengths, sizes and choices keep their bounds", "[schema]") {
  check({
      {R"({"minimum":1,"maximum":3})", "1"},
      {R"({"minimum":1,"maximum":3})", "0.5", "must be at least 1"},
      {R"({"minimum":1,"maximum":3})", "4", "must be at most 3"},
      {R"({"minimum":1})", "18446744073709551615"},
      {R"({"minimum":1})", R"("not a number")"},
      {R"({"exclusiveMinimum":1})", "1", "must be more than 1"},
      {R"({"minimum":1,"exclusiveMinimum":true})", "2"},
      {R"({"maximum":1,"exclusiveMaximum":false})", "1"},
      {R"({"exclusiveMaximum":1.5})", "1.5", "must be less than 1.5"},
      {R"({"multipleOf":0.01})", "0.07"},
      {R"({"multipleOf":0.01})", "1234567.89"},
      {R"({"multipleOf":0.01})", "0.075", "must be a multiple of 0.01"},
      {R"({"multipleOf":5})", "5.5", "must be a multiple of 5"},
      {R"({"multipleOf":1})", "1e300"},
      {R"({"multipleOf":3})", "-9223372036854775808", "must be a multiple of 3"},
      {R"({"minLength":2})", R"("é")", "must have at least 2 characters"},
      {R"({"maxLength":2})", R"("éé")"},
      {R"({"maxLength":2.0})", R"("a\u0000b")", "must have at most 2 characters"},
      {R"({"minItems":1})", "[]", "must have at least 1 element"},
      {R"({"maxItems":1})", "[1,2]", "must have at most 1 element"},
      {R"({"minProperties":1})", "{}", "must have at least 1 member"},
      {R"({"maxProperties":1})", R"({"a":1,"b":2})", "must have at most 1 member"},
      {R"({"uniqueItems":true})", R"([1,"1",null,[],{}])"},
      {R"({"uniqueItems":true})", R"(["a","b","a"])", "must not have the same element twice"},
      {R"({"enum":["a",1,null,[1,{"b":2}]]})", R"([1,{"b":2.0}])"},
      {R"({"enum":["a",1,null]})", R"("b")", R"(must be one of "a", 1, null)"},
      {R"({"const":"a"})", R"("b")", R"(must be "a")"},
      {R"({"pattern":"^a+$"})", R"("aaa")"},
      {R"({"pattern":"^a+$"})", R"("aab")", "must match the pattern ^a+$"},
      {R"({"pattern":"^a+$"})", "5"},
  });
}

TEST_CASE("schemas are combined", "[schema]") {
  const std::string either = R"({"properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}]}}})";
  check({
      {either, R"({"a":null})"},
      {either, R"({"a":1})", "/a: must be a string or must be null"},
      {R"({"allOf":[{"minimum":1},{"maximum":3}]})", "5", "must be at most 3"},
      {R"({"oneOf":[{"minimum":1},{"maximum":3}]})", "2", "fits more than one of the schemas in oneOf"},
      {R"({"oneOf":[{"type":"string"},{"required":["a"]}]})", "{}", "/a: is missing"},
      {R"({"not":{"type":"null"}})", "null", "must not fit the schema in not"},
      {R"({"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}})", R"({"a":1})",
       "/b: is missing"},
      {R"({"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}})", "{}",
       "/c: is missing"},
      {R"({"contains":{"type":"string"}})", R"([1,"a"])"},
      {R"({"contains":{"type":"string"}})", "[1]", "must have at least 1 that fit the schema in contains"},
      {R"({"dependencies":{"a":["b"],"c":{"required":["d"]}}})", R"({"a":1,"c":1})",
       "/b: is missing; /d: is missing"},
      {R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})", "/b: is missing"},
      {R"({"dependentSchemas":{"a":{"required":["b"]}}})", R"({"a":1})", "/b: is missing"},
      {R"({"prefixItems":[{"type":"string"}],"items":{"type":"integer"}})", R"(["a",1,"b"])",
       "/2: must be an integer"},
      {R"({"items":[{"type":"string"}],"additionalItems":false})", R"(["a",1])", "/1: must not be given"},
      {R"({"items":[{"type":"string"}]})", R"(["a",1])"},
      {R"({"items":[{},{"type":"string"}]})", "[1]"},
      {R"({"properties":{"type":{"type":"string"},"id":{"type":"string"},"$ref":{"type":"string"}}})",
       R"({"type":1,"id":"x","$ref":"y"})", "/type: must be a string"},
  });
}

TEST_CASE("members may be told by patterns, and their names by a schema", "[schema]") {
  const std::string schema =
      R"({"properties":{"a":{"type":"string"}},"patternProperties":{"^x-":{"type":"integer"}},"additionalProperties":false})";
  check({
      {schema, R"({"a":"","x-b":1})"},
      {schema, R"({"x-b":"","c":1})", "/x-b: must be an integer; /c: is unknown"},
      {R"({"patternProperties":{"^(?=x)y":{"type":"string"}},"additionalProperties":false})", R"({"y":1})"},
      {R"({"propertyNames":{"pattern":"^[a-z]+$","maxLength":1}})", R"({"a":1})"},
      {R"({"propertyNames":{"pattern":"^[a-z]+$","maxLength":1}})", R"({"AB":1})",
       "/AB: its name must have at most 1 character; /AB: its name must match the pattern ^[a-z]+$"},
  });
}

TEST_CASE("elements that fit are counted", "[schema]") {
  check({
      {R"({"contains":{"const":1},"minContains":2})", "[1,1]"},
      {R"({"contains":{"const":1},"minContains":2})", "[1]",
       "must have at least 2 that fit the schema in contains"},
      {R"({"contains":{"const":1},"maxContains":1})", "[1,1]",
       "must have at most 1 that fit the schema in contains"},
      {R"({"contains":{"const":1},"minContains":0})", "[]"},
      {R"({"uniqueItems":true})", R"([[1],[true],{"a":1},{"a":2},0,false,"",null])"},
      {R"({"uniqueItems":true})", R"([{"a":[1],"b":2},{"b":2.0,"a":[1.0]}])",
       "must not have the same element twice"},
      {R"({"multipleOf":1e-8})", "12391239123"},
      {R"({"multipleOf":0.123456789})", "1e308", "must be a multiple of 0.123456789"},
      {R"({"multipleOf":5e-324})", "1e308"},
      {R"({"maximum":18446744073709551614})", "18446744073709551615", "must be at most 18446744073709551614"},
  });
}

TEST_CASE("of several schemas the one that was meant tells what is wrong", "[schema]") {
  const std::string kinds = R"({"anyOf":[{"type":"null"},
      {"type":"object","properties":{"kind":{"const":"a"},"x":{"type":"string"}},"required":["kind","x"]},
      {"type":"object","properties":{"kind":{"const":"b"},"y":{"type":"string"}},"required":["kind","y"]}]})";
  check({
      {kinds, R"({"kind":"b","y":"1"})"},
      {kinds, R"({"kind":"b"})", "/y: is missing"},
      {kinds, "1", "must be null or must be an object"},
  });
}

TEST_CASE("what is unknown, and a format, asks for nothing", "[schema]") {
  check({
      {"{}", "17"},
      {"true", "17"},
      {"false", "17", "must not be given"},
      {R"({"properties":{"a":false}})", R"({"a":1})", "/a: must not be given"},
      {R"({"format":"date"})", R"("yesterday")"},
      {R"({"format":"date"})", "{\"a\":1}"},
      {R"({"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://host/x","id":"y","title":5})",
       "1"},
      {R"({"x-what":{"type":7},"description":7,"default":{"type":7}})", "1"},
  });
}

TEST_CASE("references lead to any place of the same schema, also around", "[schema]") {
  const std::string tree =
      R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object","required":["name"],"properties":
      {"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/$defs/node"}}}}}})";
  check({
      {tree, R"({"name":"a","children":[{"name":"b","children":[]}]})"},
      {tree, R"({"name":"a","children":[{"name":"b","children":[{}]}]})",
       "/children/0/children/0/name: is missing"},
      {R"({"properties":{"next":{"$ref":"#"}},"additionalProperties":false})", R"({"next":{"next":{"x":1}}})",
       "/next/next/x: is unknown"},
      {R"({"properties":{"a":{"$ref":"#/definitions/x~1y%20z","maximum":3}},"definitions":{"x/y z":{"minimum":1}}})",
       R"({"a":0})", "/a: must be at least 1"},
      {R"({"properties":{"a":{"$ref":"#/definitions/x","maximum":3}},"definitions":{"x":{"minimum":1}}})",
       R"({"a":4})", "/a: must be at most 3"},
      {R"({"properties":{"a":{"type":"string"},"b":{"$ref":"#/properties/a"}}})", R"({"b":1})",
       "/b: must be a string"},
      {R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"type":"null"}}})", "1", "must be null"},
      {R"({"$id":"https://host/x","properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"type":"null"}}})",
       R"({"a":1})", "/a: must be null"},
  });
}

TEST_CASE("a schema that cannot be used is said to be so, and asks for nothing", "[schema]") {
  const std::string deep = repeated(R"({"items":)", 202) + "{}" + repeated("}", 202);
  std::string chain = R"({"$ref":"#/$defs/0","$defs":{)";
  for (int i = 0; i < 100; ++i)
    chain += "\"" + std::to_string(i) + R"(":{"allOf":[{"$ref":"#/$defs/)" + std::to_string(i + 1) + "\"}]},";
  chain += R"("100":{}}})";
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "it is not valid JSON, or nested too deeply"},
      {"{", "it is not valid JSON, or nested too deeply"},
      {"{\"title\":\"\xff\"}", "it is not valid JSON, or nested too deeply"},
      {deep, "it is not valid JSON, or nested too deeply"},
      {R"({"title":")" + std::string(300'000, 'x') + "\"}", "it is longer than 262144 bytes"},
      {chain, "its allOf, anyOf, $ref and the like lead too deep"},
      {"[]", "must be a schema: an object, true or false"},
      {"7", "must be a schema: an object, true or false"},
      {R"({"properties":{"a":7}})", "/properties/a: must be a schema: an object, true or false"},
      {R"({"properties":[]})", "/properties: must be an object of schemas"},
      {R"({"anyOf":{}})", "/anyOf: must be a list of at least one schema"},
      {R"({"properties":{"a":{"type":"text"}}})",
       "/properties/a/type: must be array, boolean, integer, null, number, object, string or a list of "
       "these"},
      {R"({"type":[]})",
       "/type: must be array, boolean, integer, null, number, object, string or a list of these"},
      {R"({"required":"a"})", "/required: must be a list of names"},
      {R"({"required":[1]})", "/required: must be a list of names"},
      {R"({"enum":[]})", "/enum: must be a list of at least one value"},
      {R"({"minimum":"1"})", "/minimum: must be a number"},
      {R"({"multipleOf":0})", "/multipleOf: must be a number above 0"},
      {R"({"minLength":-1})", "/minLength: must be a whole number of at least 0"},
      {R"({"pattern":7})", "/pattern: must be a text"},
      {R"({"$ref":7})", "/$ref: must be a text"},
      {R"({"$ref":"#/$defs/a"})", "/$ref: there is no #/$defs/a"},
      {R"({"$ref":"#name"})", "/$ref: there is no #name"},
      {R"({"$ref":"https://host/schema.json"})",
       "/$ref: must lead to a place in the same schema, such as #/$defs/NAME; nothing is fetched"},
      {R"({"items":{"$ref":"file:///etc/passwd"}})",
       "/items/$ref: must lead to a place in the same schema, such as #/$defs/NAME; nothing is fetched"},
      {R"({"items":{"$ref":"other.json#/a"}})",
       "/items/$ref: must lead to a place in the same schema, such as #/$defs/NAME; nothing is fetched"},
      {R"({"$ref":"#"})", "its schemas refer to each other in a circle"},
      {R"({"anyOf":[{"type":"null"},{"not":{"$ref":"#"}}]})", "its schemas refer to each other in a circle"},
      {R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})",
       "its schemas refer to each other in a circle"},
      {R"({"dependencies":{"a":{"$ref":"#"}}})", "its schemas refer to each other in a circle"},
  };
  for (const auto& [schema, problem] : rows) {
    INFO(schema.substr(0, 200));
    CHECK(schema_problem(schema).value_or("") == problem);
    CHECK(schema_error(schema, "[1]") == std::nullopt);
  }
}

TEST_CASE("what is no JSON is valid for no schema", "[schema]") {
  const std::string no_json = "must be valid JSON that is not nested too deeply";
  check({{"{}", "", no_json},
         {"{}", "{", no_json},
         {"{}", "{} {}", no_json},
         {"{}", "\"\xff\"", no_json},
         {"{}", "1e999", no_json},
         {"{}", std::string(100'000, '['), no_json},
         {R"({"items":{"$ref":"#"}})", repeated("[", 90) + repeated("]", 90)}});
}

TEST_CASE("no schema and no value keeps the check going for long", "[schema]") {
  // Each level of the value doubles the ways to try it.
  const std::string twice = R"({"anyOf":[{"properties":{"a":{"$ref":"#"}},"required":["x"]},
      {"properties":{"a":{"$ref":"#"}},"required":["y"]}]})";
  const std::string nested = repeated(R"({"x":1,"a":)", 60) + "{}" + repeated("}", 60);
  CHECK(schema_error(twice, nested).value_or("") == "is too large to be checked against the schema");
  CHECK(schema_error(R"({"items":{"type":"string"}})", "[" + repeated("1,", 100'000) + "1]")
            .value_or("")
            .size() > 100);
  CHECK(schema_error(R"({"uniqueItems":true,"items":{"minimum":0}})", "[" + repeated("{},", 20'000) + "1]") ==
        "must not have the same element twice");
  CHECK(schema_error(R"({"items":{"pattern":"(a*)*b"}})", "[\"" + std::string(3'000'000, 'a') + "\"]")
            .value_or("") == "is too large to be checked against the schema");
  CHECK(schema_error(R"({"anyOf":[)" + repeated(R"({"uniqueItems":true,"maxItems":0},)", 5000) + "false]}",
                     "[" + repeated("1,", 50'000) + "1]")
            .has_value());
  CHECK(schema_error(R"({"items":{"enum":[)" + repeated("1,", 50'000) + "1]}}",
                     "[" + repeated("2,", 50'000) + "2]")
            .has_value());
  // 100 levels of the value, with nine schemas one inside the other at each.
  const std::string tower =
      R"({"items":{"$ref":"#"},"allOf":[)" + repeated(R"({"anyOf":[)", 7) + "{}" + repeated("]}", 7) + "]}";
  CHECK(schema_problem(tower) == std::nullopt);
  CHECK(schema_error(tower, repeated("[", 100) + repeated("]", 100)) == std::nullopt);
}

TEST_CASE("schemas may lead far, but no check needs a large stack", "[schema]") {
  const auto chain = [](int length) {
    std::string text = R"({"$ref":"#/$defs/0","$defs":{)";
    for (int i = 0; i < length; ++i)
      text += "\"" + std::to_string(i) + R"(":{"items":{"$ref":"#/$defs/)" + std::to_string(i + 1) + "\"}},";
    return text + "\"" + std::to_string(length) + "\":{}}}";
  };
  CHECK(schema_problem(chain(30)) == std::nullopt);
  CHECK(schema_error(chain(2), "[[1]]") == std::nullopt);
  CHECK(schema_problem(chain(5000)) == std::nullopt);
  CHECK(schema_error(chain(5000), repeated("[", 150) + repeated("]", 150)) == std::nullopt);
  const std::string tower = R"({"items":{"$ref":"#"},"allOf":[)" + repeated(R"({"anyOf":[)", 40) +
                            R"({"items":{"$ref":"#"}})" + repeated("]}", 40) + "]}";
  CHECK(schema_problem(tower) == std::nullopt);
  CHECK(schema_error(tower, repeated("[", 150) + repeated("]", 150)).value_or("") ==
        "is too large to be checked against the schema");
}

TEST_CASE("what is said stays short, on one line and valid UTF-8", "[schema]") {
  const std::string umlauts = repeated("ä\\n", 3000);
  std::string required;
  for (int i = 0; i < 20; ++i) required += (i == 0 ? "\"" : ",\"") + std::to_string(i) + umlauts + "\"";
  const std::vector<std::pair<std::string, std::string>> rows = {
      {R"({"const":")" + umlauts + "\"}", "1"},
      {R"({"pattern":")" + umlauts + "\"}", R"("a")"},
      {R"({"required":[)" + required + "]}", "{}"},
      {R"({"additionalProperties":{"type":"null"}})", "{\"" + umlauts + "\":1}"},
      {R"({"enum":[)" + required + "]}", "{}"},
      {R"({"anyOf":[{"const":")" + umlauts + R"("},{"pattern":")" + umlauts + R"("},{"enum":[)" + required +
           R"(]},{"const":"a"},{"const":"b"},{"type":"null"},{"minLength":5},{"type":"integer"}]})",
       "\"x\""},
  };
  for (const auto& [schema, json] : rows) {
    const std::string error = schema_error(schema, json).value_or("");
    INFO(error);
    CHECK(error.size() <= 500);
    CHECK(to_valid_utf8(error) == error);
    CHECK(error.find('\n') == std::string::npos);
  }
}

TEST_CASE("patterns are searched in code points, as ECMAScript means them", "[schema]") {
  struct PatternRow {
    std::string pattern;
    std::string text;
    std::optional<bool> matches;  ///< none: the pattern is not known
  };
  const std::vector<PatternRow> rows = {
      {"b", "abc", true},
      {"", "", true},
      {"^(a+)+$", std::string(5000, 'a') + "b", false},
      {"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "123e4567-e89b-12d3-a456-426614174000", true},
      {"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "123e4567-e89b-12d3-a456-42661417400", false},
      {"^\\d{4}-\\d\\d-\\d\\d$", "2026-11-22", true},
      {"^\\d{4}-\\d\\d-\\d\\d$", "yesterday", false},
      {"^.{2}$", "é€", true},
      {"^.$", "\n", false},
      {"^[^a-c]+$", "défg", true},
      {"^[^a-c]+$", "dbf", false},
      {"^[\\w.-]+@[\\w-]+\\.[a-z]{2,}$", "a.b-c@d-e.org", true},
      {"^[\\w.-]+@[\\w-]+\\.[a-z]{2,}$", "a@b", false},
      {"^(?:a|bc|)x*?$", "bcxx", true},
      {"^(?<year>a|b)$", "c", false},
      {"\\bcat\\b", "a cat.", true},
      {"\\bcat\\b", "concat", false},
      {"\\Bcat", "concat", true},
      {"^[\\]\\-\\\\/]+$", "]-\\/", true},
      {"^\\u00e9\\x41\\t\\S\\s\\D\\W$", "éA\tx\u00a0x-", true},
      {"^\\ud83d\\ude00\\u{1F600}$", "😀😀", true},
      {"^[😀-😂]$", "😁", true},
      {"^a{2,3}$", "aaaa", false},
      {"^a{2,}$", "aaaa", true},
      {"^a{0}b$", "b", true},
      {"(a*)*b", std::string(500, 'a'), false},
      {"(^a|b$)+", "xb", true},
      {"[]", "a", false},
      {"[^]", "a", true},
  };
  for (const PatternRow& row : rows) {
    INFO(row.pattern);
    const SchemaPattern pattern(row.pattern);
    CHECK(pattern.is_known());
    if (pattern.is_known()) CHECK(pattern.matches(row.text, [](std::size_t) {}) == row.matches);
  }
  const std::vector<std::string> unknown = {"(",
                                            ")",
                                            "a)",
                                            "[",
                                            "[a",
                                            "(?=a)b",
                                            "(?!a)b",
                                            "(?<=a)b",
                                            "(?<!a)b",
                                            "(?i)a",
                                            "\\p{L}",
                                            "(a)\\1",
                                            "\\k<a>",
                                            "a{2,1}",
                                            "a{",
                                            "a{x}",
                                            "a{1",
                                            "a{,2}",
                                            "*",
                                            "+a",
                                            "a**",
                                            "{2}",
                                            "\\",
                                            "\\x4",
                                            "\\u12g4",
                                            "\\u{110000}",
                                            "\\Z",
                                            "[b-a]",
                                            "[\\d-z]",
                                            "(?<name",
                                            "^((a{1,99}){1,99}){1,99}$",
                                            "a{99999999999999999999}",
                                            std::string(20'000, 'a'),
                                            std::string(500, '(') + std::string(500, ')')};
  for (const std::string& each : unknown) {
    INFO(each.substr(0, 50));
    CHECK_FALSE(SchemaPattern(each).is_known());
    const std::string schema = nlohmann::json{{"pattern", each}}.dump();
    CHECK(schema_problem(schema) == std::nullopt);
    CHECK(schema_error(schema, "\"x\"") == std::nullopt);
  }
}

}  // namespace agentd
