#include "cli/narrate.h"

#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tests/support/story.h"

using namespace agentd;

namespace {

/// A run in which everything happens.
std::vector<Event> eventful() {
  return {a_start(),
          an_invocation(),
          ModelFailed{"overloaded", "busy", true, 1500, {}, 0.0},
          ModelFailed{"network", "cut", true, std::nullopt, {}, 0.0},
          a_reply({{"", "shell", R"({"command":"wc -w < a.txt"})"},
                   {"", "read_file", R"({"path":"b","line":3})"}},
                  "Count first.\nThen \x1b[31mread\x1b[0m."),
          ToolStarted{{1, 1}, "shell"},
          ToolStarted{{1, 2}, "read_file"},
          ToolFinished{{1, 2}, {Outcome::Error, "no such file\nb", ""}, 3},
          ToolFinished{{1, 1}, {Outcome::Ok, "42\n", ""}, 12},
          UserSaid{"hurry\nup", "l"},
          Suspended{"deadline", 5'000'000, "out of time"},
          an_invocation(),
          TaskUpdated{a_start().task, {}, "Count.", {}, "The goal has changed."},
          a_reply({{"", "shell", "not json"}}),
          ToolStarted{{2, 1}, "shell"},
          ToolFinished{{2, 1}, {Outcome::Unknown, "", ""}, 0},
          LimitReached{"steps", "used up"},
          an_invocation(),
          a_reply({}, "The answer."),
          Completed{"The answer."}};
}

std::string told(Detail detail) {
  Narrator narrator(detail);
  const Story story(eventful());
  std::string text;
  for (const Record& record : story.records()) {
    for (const Line& line : narrator.tell(record))
      text += std::string(line.tone == Tone::Bad     ? "! "
                          : line.tone == Tone::Quiet ? "- "
                                                     : "  ") +
              line.text + "\n";
    text += "            (" + narrator.busy() + ")\n";
  }
  return text;
}

}  // namespace

TEST_CASE("a run is told as the golden file shows") {
  CHECK(golden("cli/narrate.txt", told(Detail::Brief)) == told(Detail::Brief));
  CHECK(golden("cli/narrate_full.txt", told(Detail::Full)) == told(Detail::Full));
}

TEST_CASE("events are logged as the golden file shows") {
  std::string text;
  for (Event event : eventful()) text += std::string(kind_of(event)) + "  " + summary_of(event) + "\n";
  text += "failed  " + summary_of(Failed{"auth", "wrong key", true}) + "\ncancelled  " +
          summary_of(Cancelled{"l"}) + "\n";
  CHECK(golden("cli/log.txt", text) == text);
}

TEST_CASE("a watcher sees which model replies, and what becomes of a reply that is rejected") {
  ModelReplied reply = a_reply({{"", "shell", R"({"command":"ls"})"}}, "Look.");
  reply.model = "small";
  reply.fallback = 1;
  ModelReplied rejected = a_reply({}, "Hm.");
  rejected.rejected = "malformed";
  rejected.complaint = "Write an Action.";
  CHECK(summary_of(reply) == "shell(ls) \"Look.\" (fallback 1, small) [15 tokens in, 3 out]");
  CHECK(summary_of(rejected) == "is rejected as malformed \"Hm.\" [15 tokens in, 3 out]");
  ModelReplied cached = a_reply({}, "Yes.");
  cached.cached = true;
  CHECK(summary_of(cached) == "answers \"Yes.\" [from the cache]");

  Narrator narrator(Detail::Brief);
  using Lines = std::vector<Line>;
  CHECK(narrator.tell({1, 0, 1, reply}) ==
        Lines{{Tone::Plain, "[1] fallback 1, small, answers"}, {Tone::Plain, "[1] Look."}});
  CHECK(narrator.tell({2, 0, 2, reply}) == Lines{{Tone::Plain, "[2] Look."}});
  CHECK(narrator.tell({3, 0, 3, rejected}) == Lines{{Tone::Plain, "[3] the task's own model answers again"},
                                                    {Tone::Bad, "[3] rejected: Write an Action."}});
}

TEST_CASE("nothing that a model or a tool writes can act on the terminal") {
  const std::vector<std::pair<std::string, const char*>> rows{{"a\tb\r\nc\n", "a b\nc\n"},
                                                              {"\x1b]0;x\x07", "\uFFFD]0;x\uFFFD"},
                                                              {"a\rb", "a\uFFFDb"},
                                                              {"\x7f\b", "\uFFFD\uFFFD"},
                                                              {"\u009b31m", "\uFFFD31m"},
                                                              {"\u202Eevil", "\uFFFDevil"},
                                                              {"ä€😀", "ä€😀"},
                                                              {"\xFF", "\uFFFD"},
                                                              {std::string("a\0b", 3), "a\uFFFDb"}};
  for (const auto& [text, expected] : rows) CHECK(printable(text) == expected);
}

TEST_CASE("one line is one line, cut at a character") {
  CHECK(one_line("a\nb\n\n") == "a b");
  CHECK(one_line("äääää", 5) == "ää…");
  CHECK(one_line(std::string(1'000'000, 'x'), 3) == "xxx…");
  CHECK(one_line("") == "");
}

TEST_CASE("arguments are shown short, whatever the model wrote") {
  CHECK(short_arguments(R"({"command":"ls -l"})") == "ls -l");
  CHECK(short_arguments(R"({"path":"a","line":3,"deep":{"x":[1]}})") == R"(path=a, line=3, deep={"x":[1]})");
  CHECK(short_arguments("{}") == "");
  CHECK(short_arguments("{broken") == "{broken");
  CHECK(short_arguments("[1]") == "[1]");
}
