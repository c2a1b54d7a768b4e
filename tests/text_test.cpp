#include "core/text.h"

#include "core/error.h"
#include "tests/support/catch.h"

using namespace agentd;

TEST_CASE("templates show inputs and observations and leave other braces alone") {
  const Inputs inputs{{"topic", "tea"}};
  const std::vector<std::string_view> seen{"one", "two"};
  const std::vector<std::pair<std::string, std::string>> cases{
      {"about {{inputs.topic}}!", "about tea!"},
      {"{{ inputs.topic }}{{observations[1]}}", "teatwo"},
      {"{{other}} {{ {x} }} {{", "{{other}} {{ {x} }} {{"},
      {"{{{{inputs.topic}}}}", "{{tea}}"},
      {"", ""},
  };
  for (const auto& [text, rendered] : cases) CHECK(render_template(text, inputs, seen) == rendered);
}

TEST_CASE("a template that names what does not exist says so") {
  CHECK_THROWS_WITH(render_template("{{inputs.x}}", {}), "{{inputs.x}}: there is no such input");
  CHECK_THROWS_WITH(render_template("{{observations[0]}}", {}),
                    "{{observations[0]}}: there are 0 observations, counted from 0");
  CHECK_THROWS_AS(render_template("{{observations[-1]}}", {}), Error);
}

TEST_CASE("durations read and print") {
  const std::vector<std::pair<std::string, std::int64_t>> cases{
      {"90s", 90'000}, {"36h", 129'600'000}, {"30d", 2'592'000'000}, {"250ms", 250}, {"0s", 0}};
  for (const auto& [text, milliseconds] : cases) {
    CHECK(parse_duration(text) == milliseconds);
    CHECK(format_duration(milliseconds) == text);
  }
  for (const char* bad :
       {"", "s", "90", "-1s", "1.5h", "90 s", "1w", "99999999999999999999s", "9223372036854775807d"})
    CHECK(parse_duration(bad) == std::nullopt);
}

TEST_CASE("times are RFC 3339 in UTC") {
  CHECK(format_time(0) == "1970-01-01T00:00:00Z");
  CHECK(format_time(1'795'354'020'999) == "2026-11-22T13:27:00Z");
}

TEST_CASE("bytes that are no UTF-8 become marks, one each, and valid text stays") {
  const std::string mark = "\xEF\xBF\xBD";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"plain ä € 𝄞", "plain ä € 𝄞"},
      {"a\xFFz", "a" + mark + "z"},
      {"\xE2\x82", mark + mark},                        // cut in the middle
      {"\xC0\xAF", mark + mark},                        // overlong
      {"\xED\xA0\x80", mark + mark + mark},             // a surrogate
      {"\xF4\x90\x80\x80", mark + mark + mark + mark},  // beyond U+10FFFF
  };
  for (const auto& [bytes, text] : cases) CHECK(to_valid_utf8(bytes) == text);
}

TEST_CASE("long text keeps its head and tail around the mark, within the limit, on whole characters") {
  CHECK(cut_middle("short", 5, "…") == "short");
  CHECK(cut_middle("aaaaaaaaaabbbbbbbbbb", 13, "[cut]") == "aaa\n[cut]\nbbb");
  const std::string cut = cut_middle("ääääääääääääääääää", 16, "[cut]");
  CHECK(cut.size() <= 16);
  CHECK(cut == to_valid_utf8(cut));
}

TEST_CASE("secrets are masked wherever they stand, words are not") {
  const std::vector<std::string> secrets{"sk-12345678", "", "key"};
  CHECK(mask("a sk-12345678, sk-12345678b key", secrets) == "a [secret], [secret]b key");
}

TEST_CASE("percent encoding leaves the unreserved characters alone") {
  CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encode("a b/c:d%é") == "a%20b%2Fc%3Ad%25%C3%A9");
}

TEST_CASE("the nearest word is one that a typo can explain") {
  const std::vector<std::string_view> known{"shell", "search", "read_file", "run"};
  CHECK(nearest("shel", known) == "shell");
  CHECK(nearest("rnu", known) == "run");
  CHECK(nearest("raed_file", known) == "read_file");
  CHECK(nearest("zebra", known).empty());
}
