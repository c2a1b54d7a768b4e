#include "cli/yaml.h"

#include "core/error.h"
#include "tests/support/catch.h"

using namespace agentd;

namespace {

std::string json_of(const std::string& yaml) {
  return parse_yaml(yaml, "t.yaml").json;
}

std::string error_of(const std::string& yaml) {
  try {
    parse_yaml(yaml, "t.yaml");
  } catch (const Error& error) {
    CHECK(error.exit() == Exit::Usage);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("plain scalars have the types of JSON, all else is text") {
  const std::vector<std::pair<const char*, const char*>> rows{
      {"true", "true"},
      {"False", "false"},
      {"null", "null"},
      {"~", "null"},
      {"", "null"},
      {"0", "0"},
      {"-12", "-12"},
      {"+5", "5"},
      {"1.50", "1.5"},
      {".5", "0.5"},
      {"1.", "1.0"},
      {"-1e3", "-1000.0"},
      {"yes", "\"yes\""},
      {"on", "\"on\""},
      {"0123", "\"0123\""},
      {"0o17", "\"0o17\""},
      {"0x1F", "\"0x1F\""},
      {"1_000", "\"1_000\""},
      {".inf", "\".inf\""},
      {".nan", "\".nan\""},
      {"1e999", "\"1e999\""},
      {"-", "[null]"},
      {"2023-06-01", "\"2023-06-01\""},
      {"12:30:45", "\"12:30:45\""},
      {"\"true\"", "\"true\""},
      {"'1'", "\"1\""},
      {"!!str 1", "\"1\""},
      {"\"\"", "\"\""},
      {"'~'", "\"~\""},
      {"123456789012345678901234567890", "123456789012345678901234567890"},
      {"\"\\u263A\"", "\"☺\""},
      {"|\n  a\n  b\n", "\"a\\nb\\n\""},
      {">-\n  a\n  b\n", "\"a b\""}};
  for (const auto& [yaml, json] : rows) {
    INFO(yaml);
    CHECK(json_of(yaml) == json);
  }
}

TEST_CASE("mappings, lists, aliases and comments become JSON in the order of the file") {
  CHECK(json_of("# c\nb: 1\na:\n- x\n- {k: [1, 2]}\n") == R"({"b":1,"a":["x",{"k":[1,2]}]})");
  CHECK(json_of("a: &x {k: 1}\nb: *x\n") == R"({"a":{"k":1},"b":{"k":1}})");
  CHECK(json_of("\xEF\xBB\xBF"
                "a: 1\r\nb: 2\r\n") == R"({"a":1,"b":2})");
  CHECK(json_of("---\na: 1\n...\n") == R"({"a":1})");
  CHECK(json_of("1: x\ntrue: y\n") == R"({"1":"x","true":"y"})");
  CHECK(json_of("# nothing\n") == "null");
  CHECK(json_of("") == "null");
}

TEST_CASE("bad files are refused with the place of the trouble") {
  const std::vector<std::pair<std::string, const char*>> rows{
      {"a: 1\nb: [1,\n", "t.yaml:3:1: YAML: end of sequence flow not found"},
      {"a:\n\tb: 1\n", "t.yaml:2:3: YAML: a tab in front of a line: indent with spaces"},
      {"a: 1\nc:\n  b: 2\n  b: 3\n", "t.yaml:4:3: the key \"b\" stands here twice"},
      {"a: 1\n---\nb: 1\n", "t.yaml:2:1: a second document: one file holds one"},
      {"a: *x\n", "t.yaml:1:4: YAML: the referenced anchor is not defined"},
      {"a: !secret 1\n", "t.yaml:1:4: tags such as !secret mean nothing here"},
      {"[a]: 1\n", "t.yaml:1:1: a key must be a word"},
      {"a: x\nb: \xFF\n", "t.yaml:2:4: this is not UTF-8 text"},
      {"a: \uFFFD\nb: \xEF", "t.yaml:2:4: this is not UTF-8 text"},
      {std::string("a: \0b", 5), "t.yaml:1:4: this is not UTF-8 text"},
      {"a: &a [*a]\n", "t.yaml:1:8: this alias stands for what it is part of"},
      {"a: " + std::string(60, '[') + std::string(60, ']'),
       "t.yaml:1:53: nested too deeply: more than 50 levels"},
      {std::string(100'000, '['), "t.yaml:1:1: a key must be a word"}};
  for (const auto& [yaml, message] : rows) {
    INFO(yaml.substr(0, 40));
    CHECK(error_of(yaml) == message);
  }
}

TEST_CASE("aliases cannot make a short file mean more than fits into memory") {
  std::string laughs = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name <= 'i'; ++name) {
    laughs += std::string(1, name) + ": &" + name + " [";
    for (int i = 0; i < 9; ++i) laughs += std::string(i ? ", *" : "*") + static_cast<char>(name - 1);
    laughs += "]\n";
  }
  CHECK_THAT(error_of(laughs), ContainsSubstring("too much in one file"));
}

TEST_CASE("problems are listed in the order of the file, each with its place") {
  const YamlDocument document = parse_yaml("a: 1\nb/c:\n  d: [x, {e: 2}]\nf: 3\n", "t.yaml");
  try {
    document.refuse({{"/f", "last"},
                     {"/b~1c/d/1/e", "an item's member"},
                     {"", "the whole"},
                     {"/b~1c/missing/deeper", "what would hold it"},
                     {"/b~1c/d/0", "an item"}});
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) ==
          "t.yaml:1:1: the whole\n"
          "t.yaml:2:1: what would hold it\n"
          "t.yaml:3:7: an item\n"
          "t.yaml:3:11: an item's member\n"
          "t.yaml:4:1: last");
  }
  document.refuse({});
}
