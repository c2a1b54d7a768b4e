#include "cli/report.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/story.h"
#include "tests/support/temp_folder.h"

using namespace agentd;

namespace {

constexpr std::int64_t kNow = 2'000'000;

Story begun() {
  return Story({a_start(), an_invocation()});
}

std::string result_of(const State& state) {
  return result_json(state, standing_of(state), 1, kNow, RunPaths{"/nowhere"});
}

/// The result object of the demo run after `calls` model calls that used what a_reply says.
std::string expected(const std::string& status, const std::string& middle, int calls) {
  const nlohmann::ordered_json usage = {{"model_calls", calls},
                                        {"input_tokens", 15 * calls},
                                        {"cached_input_tokens", 5 * calls},
                                        {"output_tokens", 3 * calls},
                                        {"cost_usd", 0.25 * calls}};
  return R"({"schema":1,"run":"demo-1","status":")" + status + "\"," + middle + R"(,"pending":[],"usage":)" +
         usage.dump() + "}";
}

}  // namespace

TEST_CASE("every way to stand has its words and its exit status") {
  const auto after = [](Event event) { return standing_of(begun().tell(std::move(event)).state()); };
  CHECK(standing_of(begun().state()) == Standing{"running", "", "", Exit::Suspended});
  CHECK(after(Suspended{"deadline", std::nullopt, "out of time"}) ==
        Standing{"suspended", "deadline", "out of time", Exit::Suspended});
  CHECK(after(Completed{"42"}) == Standing{"completed", "", "", Exit::Completed});
  CHECK(after(Failed{"stuck", "no step", false}) == Standing{"failed", "stuck", "no step", Exit::Failed});
  CHECK(after(Cancelled{"l"}) == Standing{"cancelled", "cancelled", "cancelled by a person", Exit::Failed});
  CHECK(after(LimitReached{"steps", "used up"}) == Standing{"limit", "steps", "used up", Exit::Limit});
}

TEST_CASE("the result object has all fields, whatever happened") {
  CHECK(
      result_of(begun().tell(a_reply({}, "42")).tell(Completed{"42"}).state()) ==
      expected("completed",
               R"("reason":null,"resume_at":null,"retry_after_seconds":0,"step":1,"steps_this_invocation":1,)"
               R"("result":"42","result_path":null,"error":null)",
               1));
  CHECK(result_of(begun().tell(a_reply({a_call("look")})).tell(Failed{"auth", "wrong key", true}).state()) ==
        expected(
            "failed",
            R"("reason":"auth","resume_at":null,"retry_after_seconds":0,"step":1,"steps_this_invocation":1,)"
            R"("result":null,"result_path":null,"error":{"type":"auth","message":"wrong key"})",
            1));
  CHECK(
      result_of(begun().tell(Suspended{"signal", std::nullopt, "stopped"}).state()) ==
      expected(
          "suspended",
          R"("reason":"signal","resume_at":null,"retry_after_seconds":0,"step":0,"steps_this_invocation":1,)"
          R"("result":null,"result_path":null,"error":null)",
          0));
}

TEST_CASE("what a person is asked for is pending until it is decided") {
  RunStarted start = a_start();
  start.task.permissions = {{"ask", "put"}};
  Story story({start, an_invocation()});
  story.tell(a_reply({a_call("look"), {"", "put", R"({"b":1,"a":[2]})"}, {"", "put", "not json"}}))
      .tell(ApprovalRequested{{1, 2}, "put"})
      .tell(ApprovalRequested{{1, 3}, "put"});
  const auto pending = [&] {
    return nlohmann::ordered_json::parse(result_of(story.state()))["pending"].dump();
  };
  const std::string third = R"({"call":"1.3","tool":"put","arguments":"not json"}])";
  CHECK(pending() == R"([{"call":"1.2","tool":"put","arguments":{"b":1,"a":[2]}},)" + third);
  story.tell(Suspended{"approval", std::nullopt, "call 1.2 needs an approval"});
  CHECK(standing_of(story.state()) ==
        Standing{"waiting", "approval", "call 1.2 needs an approval", Exit::Waiting});
  CHECK(nlohmann::json::parse(result_of(story.state()))["error"].is_null());
  story.tell(an_invocation()).tell(ApprovalGiven{{1, 2}, true, "", "l1"});
  CHECK(pending() == "[" + third);
  story.tell(ApprovalGiven{{1, 3}, false, "", "l2"});
  CHECK(pending() == "[]");
}

TEST_CASE("questions are pending until they are answered, and a run that is over asks nothing") {
  Story story = begun();
  story.tell(a_reply({a_call("ask")}))
      .tell(ToolStarted{{1, 1}, "ask"})
      .tell(QuestionAsked{{1, 1}, "Red?\n\x1b[2J"})
      .tell(Suspended{"question", 5'000'000, "call 1.1 needs an answer: \x1b[2J"});
  const auto json = nlohmann::json::parse(result_of(story.state()));
  CHECK(json["pending"] == nlohmann::json{{{"call", "1.1"}, {"question", "Red?\n\x1b[2J"}}});
  CHECK(json["status"] == "waiting");
  CHECK(json["resume_at"] == "1970-01-01T01:23:20Z");
  CHECK(standing_of(story.state()).message == "call 1.1 needs an answer: \uFFFD[2J");
  Story answered = story;
  answered.tell(an_invocation()).tell(UserSaid{"blue", "l1"});
  CHECK(nlohmann::json::parse(result_of(answered.state()))["pending"].empty());
  story.tell(an_invocation()).tell(Cancelled{"l1"});
  CHECK(nlohmann::json::parse(result_of(story.state()))["pending"].empty());
}

TEST_CASE("the object stays small, whatever a model asks for") {
  const std::string bad(100'000, '\x01');
  for (const std::size_t count : {1U, 100U, 20'000U}) {
    Story story = begun();
    std::vector<ToolCall> calls(
        count, ToolCall{"", bad.substr(0, count > 100 ? 50 : bad.size()), bad.substr(0, 9'000'000 / count)});
    story.tell(a_reply(calls));
    for (std::size_t i = 1; i <= count; i += 2)
      story.tell(ApprovalRequested{{1, static_cast<std::int64_t>(i)}, "x"});
    for (std::size_t i = 2; i <= count && count <= 100; i += 2)
      story.tell(QuestionAsked{{1, static_cast<std::int64_t>(i)}, bad});
    story.tell(Suspended{"question", std::nullopt, bad});
    const std::string text = result_of(story.state());
    CHECK(text.size() < 200'000);
    CHECK_FALSE(nlohmann::json::parse(text)["pending"].empty());
  }
}

TEST_CASE("when to come back is rounded up, and never in the past") {
  const auto suspended = [](std::int64_t resume_at_ms) {
    Story story = begun();
    story.tell(ModelFailed{"rate_limit", "slow down", true, 1, {}, 0.0})
        .tell(Suspended{"rate_limit", resume_at_ms, "m"});
    return nlohmann::json::parse(result_of(story.state()));
  };
  const auto later = suspended(kNow + 1'500);
  CHECK(later["resume_at"] == "1970-01-01T00:33:22Z");
  CHECK(later["retry_after_seconds"] == 2);
  CHECK(later["error"] == nlohmann::json{{"type", "rate_limit"}, {"message", "slow down"}});
  CHECK(suspended(kNow - 5'000)["retry_after_seconds"] == 0);
  CHECK(suspended(kNow)["retry_after_seconds"] == 0);
}

TEST_CASE("a person is told when to come back, if there is such a time") {
  CHECK(resume_text(begun().tell(Suspended{"rate_limit", 5'000'000, "slow"}).state()) ==
        "; to go on not before 1970-01-01T01:23:20Z");
  CHECK(resume_text(begun().tell(Suspended{"signal", std::nullopt, "stopped"}).state()).empty());
  CHECK(resume_text(begun().tell(Suspended{"timer", 5'000'000, ""}).tell(an_invocation()).state()).empty());
}

TEST_CASE("an unknown cost is null, never 0") {
  ModelReplied reply = a_reply({}, "x");
  reply.cost_usd.reset();
  const State state = begun().tell(reply).state();
  CHECK(nlohmann::json::parse(result_of(state))["usage"]["cost_usd"].is_null());
  CHECK(cost_text(state) == "-");
  CHECK(cost_text(begun().tell(a_reply({})).state()) == "$0.2500");
}

TEST_CASE("an answer that is too long for the object goes to a file, once") {
  const TempFolder folder;
  const RunPaths paths{folder.path()};
  const std::string answer(190'000, '"');  // twice as long in JSON
  const State state = begun().tell(a_reply({}, answer)).tell(Completed{answer}).state();
  for (int i = 0; i < 2; ++i) {
    const std::string text = result_json(state, standing_of(state), 1, kNow, paths);
    const auto json = nlohmann::json::parse(text);
    CHECK(text.size() < 1000);
    CHECK(json["result"].is_null());
    CHECK(json["result_path"] == (folder / "result.txt").string());
    CHECK(folder.read("result.txt") == answer);
  }
  const auto mode = std::filesystem::status(folder / "result.txt").permissions();
  CHECK((mode & std::filesystem::perms::all) == std::filesystem::perms(0600));
}

TEST_CASE("a long message and bytes that are no UTF-8 still make a small, valid object") {
  const State state = begun().tell(Failed{"bad", std::string(300'000, '\x01') + "\xFF", false}).state();
  const std::string text = result_of(state);
  CHECK(text.size() < 60'000);
  CHECK(nlohmann::json::accept(text));
}

TEST_CASE("the last line of jsonl is marked") {
  CHECK(result_line(R"({"schema":1})") == R"({"kind":"result","schema":1})");
}
