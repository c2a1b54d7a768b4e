#include "core/error.h"
#include "core/os/child_process.h"
#include "core/text.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_stop.h"
#include "tests/support/temp_folder.h"
#include "tools/tools.h"

// The tools that others end, ask and wait, and the checks of an answer: all that a toolbox hands over.

namespace agentd {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kNow = 1'795'348'800'000;  // 2026-11-22T12:00:00Z
constexpr std::int64_t kHour = 3'600'000;

class Bench {
 public:
  Bench() { fs::create_directory(folder / "in"); }

  Event run(const std::string& tool, const std::string& arguments, Purpose purpose = Purpose::Call) {
    const auto tools = make_toolbox({{.name = "ask"}, {.name = "wait"}},
                                    {folder / "in",
                                     folder / "outputs",
                                     process_,
                                     stop_,
                                     {{"PATH", "/usr/local/bin:/usr/bin:/bin"}},
                                     secrets_,
                                     &clock_},
                                    clock_);
    const std::vector<ToolRun> calls{{{3, 1}, tool, arguments, "key-1", purpose}};
    std::optional<Event> landed;
    tools->run(calls, stop_, [&](Event event) {
      CHECK_FALSE(landed);
      landed = std::move(event);
    });
    return landed.value();
  }
  ToolResult check(const std::string& command, int seconds = 60) {
    const std::string arguments =
        R"({"command":")" + command + R"(","timeout_seconds":)" + std::to_string(seconds) + "}";
    return std::get<ToolFinished>(run("verify", arguments, Purpose::Verify)).result;
  }

  TempFolder folder;

 private:
  ChildProcess process_;
  Secrets secrets_{{"token-123456"}};
  NeverStop stop_;
  FakeClock clock_{kNow};
};

TEST_CASE("a question is asked as the model wrote it", "[tools]") {
  Bench bench;
  CHECK(bench.run("ask", R"({"question":"Red\nor \"blue\"?"})") ==
        Event{QuestionAsked{{3, 1}, "Red\nor \"blue\"?"}});
  for (const char* arguments : {"", "{}", R"({"question":""})", R"({"question":7})", R"({"question":null})",
                                R"({"question":"?","to":"me"})"}) {
    INFO(arguments);
    CHECK(std::get<ToolFinished>(bench.run("ask", arguments)).result.outcome == Outcome::Error);
  }
}

TEST_CASE("a wait ends at its time, or after its duration", "[tools]") {
  Bench bench;
  const std::vector<std::pair<const char*, std::int64_t>> rows{
      {R"({"for":"90s"})", kNow + 90'000},
      {R"({"for":"0s"})", kNow},
      {R"({"for":"36h"})", kNow + 36 * kHour},
      {R"({"for":"366d"})", kNow + 366 * 24 * kHour},
      {R"({"for":"1h","until":null})", kNow + kHour},
      {R"({"until":"2026-11-22T14:00:00+01:00"})", kNow + kHour},
      {R"({"until":"2001-01-01T00:00:00Z"})", 978'307'200'000}};
  for (const auto& [arguments, until] : rows) {
    INFO(arguments);
    CHECK(bench.run("wait", arguments) == Event{TimerSet{{3, 1}, until}});
  }
}

TEST_CASE("a wait that cannot be understood, or never ends, is answered with what is wrong", "[tools]") {
  Bench bench;
  const std::string far = "That is more than a year away.";
  const std::vector<std::pair<const char*, std::string>> rows{
      {R"({"for":"soon"})", "'soon' is no duration: write 90s, 15m, 36h or 3d."},
      {R"({"for":"-5s"})", "'-5s' is no duration: write 90s, 15m, 36h or 3d."},
      {R"({"for":""})", "'' is no duration: write 90s, 15m, 36h or 3d."},
      {R"({"for":"367d"})", far},
      {R"({"until":"9999-12-31T23:59:59Z"})", far},
      {R"({"until":"noon"})",
       "'noon' is no time: write it as 2026-11-22T13:00:00Z, or with an offset such as +01:00 instead of "
       "Z."}};
  for (const auto& [arguments, why] : rows) {
    INFO(arguments);
    CHECK(std::get<ToolFinished>(bench.run("wait", arguments)).result == ToolResult{Outcome::Error, why, ""});
  }
  for (const char* arguments : {"", "{}", R"({"for":"1s","until":"2026-11-22T13:00:00Z"})", R"({"for":60})",
                                R"({"for":"99999999999999999999s"})", R"({"for":"9223372036854775807ms"})"}) {
    INFO(arguments);
    CHECK(std::get<ToolFinished>(bench.run("wait", arguments)).result.outcome == Outcome::Error);
  }
}

TEST_CASE("a check passes with exit status 0, and says what it ran and saw where it does not", "[tools]") {
  Bench bench;
  CHECK(bench.check("true").outcome == Outcome::Ok);
  CHECK(bench.check("echo red; exit 3") ==
        ToolResult{Outcome::Error, "$ echo red; exit 3\nred\n[exit status 3]", ""});
  CHECK(bench.check("pwd").text == "$ pwd\n" + (bench.folder / "in").string());
  CHECK(bench.check("echo token-123456").text == "$ echo [secret]\n[secret]");
  CHECK(bench.check("cat").outcome == Outcome::Ok);  // there is no input
}

TEST_CASE("a check that hangs, floods or is killed fails like any other", "[tools]") {
  Bench bench;
  const ToolResult late = bench.check("sleep 1000 & sleep 1000", 1);
  CHECK(late.outcome == Outcome::Error);
  CHECK_THAT(late.text, ContainsSubstring("timed out after 1s"));
  const ToolResult flood = bench.check("head -c 100000000 /dev/zero; exit 1");
  CHECK(flood.outcome == Outcome::Error);
  CHECK(flood.text.size() <= 16 * 1024);
  const ToolResult killed = bench.check("kill -9 $$");
  CHECK(killed.outcome == Outcome::Error);
  CHECK_FALSE(killed.text.empty());
}

}  // namespace
}  // namespace agentd
