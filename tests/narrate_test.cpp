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

/// A run that needs people, time and checks.
std::vector<Event> peopled() {
  RunStarted start = a_start();
  start.task.verify = {{.shell = "test -s report.md"}};
  return {start,
          an_invocation(),
          a_reply({{"", "shell", R"({"command":"git push\u001b[2J"})"},
                   {"", "ask", R"({"question":"Red?"})"},
                   {"", "wait", R"({"for":"2h"})"},
                   {"", "rm", "{}"}},
                  "Let me ask."),
          ApprovalRequested{{1, 1}, "shell"},
          ApprovalRequested{{1, 4}, "rm"},
          Suspended{"approval", std::nullopt, "call 1.1 needs an approval of shell"},
          an_invocation(),
          ApprovalGiven{{1, 1}, true, "", "l1"},
          ApprovalGiven{{1, 4}, false, "not\n\x1b[31mthat", "l2"},
          ToolFinished{{1, 4}, {Outcome::Denied, "A person refused it.", ""}, 0},
          ToolStarted{{1, 1}, "shell"},
          ToolStarted{{1, 2}, "ask"},
          ToolStarted{{1, 3}, "wait"},
          ToolFinished{{1, 1}, {Outcome::Ok, "pushed", ""}, 5},
          QuestionAsked{{1, 2},
                        "Red or\n\x1b]0;x\x07"
                        "blue?"},
          TimerSet{{1, 3}, 5'000'000},
          Suspended{"question", 5'000'000, "call 1.2 needs an answer: Red or \x1b[2J"},
          an_invocation(),
          UserSaid{"blue", "l3"},
          ToolFinished{{1, 2}, {Outcome::Ok, "blue", ""}, 0},
          ToolFinished{{1, 3}, {Outcome::Ok, "The time is up.", ""}, 0},
          a_reply({}, "Done."),
          ToolStarted{{2, 1}, "verify"},
          ToolFinished{{2, 1}, {Outcome::Error, "$ test -s report.md\n[exit status 1]", ""}, 2},
          a_reply({}, "Done now."),
          ToolStarted{{3, 1}, "verify"},
          ToolFinished{{3, 1}, {Outcome::Ok, "$ test -s report.md", ""}, 2},
          Completed{"Done now."}};
}

std::string told(Detail detail, const std::vector<Event>& events = eventful()) {
  Narrator narrator(detail);
  const Story story(events);
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

TEST_CASE("what people, times and checks do is told and logged as the golden files show") {
  CHECK(golden("cli/narrate_people.txt", told(Detail::Brief, peopled())) == told(Detail::Brief, peopled()));
  std::string text;
  for (const Event& event : peopled()) text += std::string(kind_of(event)) + "  " + summary_of(event) + "\n";
  CHECK(golden("cli/log_people.txt", text) == text);
  CHECK((text + told(Detail::Full, peopled())).find('\x1b') == std::string::npos);
}

TEST_CASE("events are logged as the golden file shows") {
  std::string text;
  for (Event event : eventful()) text += std::string(kind_of(event)) + "  " + summary_of(event) + "\n";
  text += "failed  " + summary_of(Failed{"auth", "wrong key", true}) + "\ncancelled  " +
          summary_of(Cancelled{"l"}) + "\n";
  CHECK(golden("cli/log.txt", text) == text);
}

TEST_CASE("a person sees that another model took over, what was no good, and what came from the cache") {
  RunStarted start = a_start();
  start.task.model.fallbacks = {{.provider = "openai", .name = "b"}};
  ModelReplied bad = a_reply({}, "Seven.");
  bad.model = "b";
  bad.fallback = 1;
  bad.rejected = "invalid_answer";
  bad.complaint = "Reply with JSON.";
  ModelReplied good = a_reply({}, "7");
  good.fallback = 1;
  good.cached = true;
  const Story story({start, an_invocation(), bad, good});
  Narrator narrator(Detail::Brief);
  std::string text;
  for (const Record& record : story.records()) {
    for (const Line& line : narrator.tell(record)) text += line.text + "\n";
    text += summary_of(record.event) + "\n";
  }
  CHECK(text.substr(text.find("scripted")) ==
        "scripted/b replies now\n[1] Seven.\nthe reply is no good: Reply with JSON.\n"
        "invalid_answer \"Seven.\" by fallback 1 [15 tokens in, 3 out]\n"
        "answers \"7\" by fallback 1 [from the cache]\n");
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
