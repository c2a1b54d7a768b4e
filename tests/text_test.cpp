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

TEST_CASE("percent encoding leaves the unreserved characters alone") {
  CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encode("a b/c:d%é") == "a%20b%2Fc%3Ad%25%C3%A9");
}

TEST_CASE("times are read as they are written, whatever their offset, and nothing else is") {
  const std::int64_t noon = 1'795'348'800'000;  // 2026-11-22T12:00:00Z
  const std::vector<std::pair<std::string_view, std::int64_t>> times{
      {"2026-11-22T12:00:00Z", noon},
      {"2026-11-22t12:00:00z", noon},
      {"2026-11-22 12:00:00Z", noon},
      {"2026-11-22T13:30:00+01:30", noon},
      {"2026-11-21T23:00:00-13:00", noon},
      {"2026-11-22T12:00:00.999999999Z", noon},
      {"2026-11-22T12:00:00-00:00", noon},
      {"2026-11-22T11:59:60Z", noon},
      {"1970-01-01T00:00:00Z", 0},
      {"1969-12-31T23:59:59Z", -1000},
      {"2024-02-29T00:00:00Z", 1'709'164'800'000}};
  for (const auto& [text, expected] : times) {
    INFO(text);
    CHECK(parse_time(text) == expected);
  }
  CHECK(format_time(noon) == "2026-11-22T12:00:00Z");
  for (const std::string_view text : {"",
                                      "tomorrow",
                                      "2026-11-22",
                                      "2026-11-22T12:00Z",
                                      "2026-11-22T12:00:00",
                                      "2026-11-22T12:00:00 Z",
                                      "2026-11-22T12:00:00Zx",
                                      "2026-11-22T12:00:00+1:00",
                                      "2026-11-22T12:00:00+01",
                                      "2026-11-22T12:00:00+24:00",
                                      "2026-11-22T12:00:00+01:60",
                                      "2026-11-22T12:00:00.Z",
                                      "2026-11-22T12:00:00.",
                                      "2026-11-22T24:00:00Z",
                                      "2026-11-22T12:60:00Z",
                                      "2026-11-22T12:00:61Z",
                                      "2026-13-01T12:00:00Z",
                                      "2026-00-01T12:00:00Z",
                                      "2026-02-29T12:00:00Z",
                                      "2026-11-31T12:00:00Z",
                                      "2026/11/22T12:00:00Z",
                                      "2026-11-22T-0:-0:-0Z",
                                      "+026-11-22T12:00:00Z",
                                      " 2026-11-22T12:00:00Z",
                                      "20261122T120000Z",
                                      "\xFF\xFF\xFF\xFF-11-22T12:00:00Z"}) {
    INFO(text);
    CHECK(parse_time(text) == std::nullopt);
  }
}

TEST_CASE("the nearest word is one that a typo can explain") {
  const std::vector<std::string_view> known{"shell", "search", "read_file", "run"};
  CHECK(nearest("shel", known) == "shell");
  CHECK(nearest("rnu", known) == "run");
  CHECK(nearest("raed_file", known) == "read_file");
  CHECK(nearest("zebra", known).empty());
}
