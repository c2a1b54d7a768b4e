#include "cli/lambda_event.h"

#include "cli/lambda_process.h"
#include "cli/own_process.h"
#include "core/error.h"
#include "tests/support/catch.h"

using namespace agentd;

namespace {

Args args_of(const std::string& event) {
  Args given;
  given.memory = "/mnt/m";
  given.deadline_ms = 900;
  given.request_id = "r-1";
  given.event = "-";
  return args_from_event(event, given);
}

}  // namespace

TEST_CASE("An event stands for a command line") {
  const Args run = args_of(R"({"task":"t.yaml","run":"r1","inputs":{"n":3,"on":true,"who":"Ann"},"turn":4})");
  CHECK(run.command == "run");
  CHECK(run.target == "t.yaml");
  CHECK_FALSE(run.task_text);
  CHECK(run.run == "r1");
  CHECK(run.inputs ==
        std::vector<std::pair<std::string, std::string>>{{"n", "3"}, {"on", "true"}, {"who", "Ann"}});
  CHECK((run.output == Output::Json && !run.event));
  CHECK((run.memory == "/mnt/m" && run.deadline_ms == 900 && run.request_id == "r-1"));

  CHECK(args_of(R"({"task":{"name":"x"},"run":null,"inputs":null})").task_text == "{\n  \"name\": \"x\"\n}");
  CHECK(args_of(R"({"action":"resume","run":"r1"})").target == "r1");
  CHECK(args_of(R"({"action":"send","run":"r1","text":"go on"})").text == "go on");
  const Args denied = args_of(R"({"action":"deny","run":"r1","call":"3.1","why":"no"})");
  CHECK((denied.target == "r1" && denied.call == "3.1" && denied.text == "no"));
  CHECK(args_of(R"({"action":"tick"})").command == "tick");
}

TEST_CASE("What is wrong with an event is said, with the word that was meant") {
  const auto [event, message] = GENERATE(table<std::string, std::string>({
      {"", "expected a JSON object"},
      {"[]", "expected a JSON object"},
      {"{}", "'task' must be the path"},
      {R"({"task":3})", "'task' must be the path"},
      {R"({"task":""})", "'task' must be the path"},
      {R"({"task":"t","run":7})", "'run' must be a text"},
      {R"({"task":"t","run":"../x"})", "'../x' is no run id"},
      {R"({"task":"t","inputs":[]})", "'inputs' must be an object"},
      {R"({"task":"t","inputs":{"a":{}}})", "input 'a' must be a text"},
      {R"({"task":"t","input":{}})", "there is no 'input'; did you mean 'inputs'?"},
      {R"({"action":"resum","run":"r"})", "there is no action 'resum'; did you mean 'resume'?"},
      {R"({"action":"lambda"})", "there is no action 'lambda'"},
      {R"({"action":"resume"})", "the action 'resume' needs 'run'"},
      {R"({"action":"send","run":"r","text":" "})", "the action 'send' needs 'text'"},
      {R"({"action":"approve","run":"r","call":"all"})", "'all' is no call"},
  }));
  CHECK_THROWS_WITH(args_of(event), ContainsSubstring(message));
}

TEST_CASE("A batch of SQS is taken apart into its messages") {
  const auto record = [](const std::string& id, const std::string& queue) {
    return R"({"messageId":")" + id + R"(","body":"{}","eventSource":"aws:sqs","eventSourceARN":"arn:)" +
           queue + R"("})";
  };
  const auto batch = batch_from_event(R"({"Records":[)" + record("a", "q") + "," + record("b", "q") + "]}");
  REQUIRE(batch);
  CHECK(batch->messages == std::vector<SqsMessage>{{"a", "{}"}, {"b", "{}"}});
  CHECK_FALSE(batch->is_ordered);
  CHECK(batch_from_event(R"({"Records":[)" + record("a", "q.fifo") + "]}")->is_ordered);
  CHECK_FALSE(batch_from_event(R"({"task":"t"})"));
  CHECK_THROWS_WITH(batch_from_event(R"({"Records":[{"eventSource":"aws:s3"}]})"),
                    ContainsSubstring("SQS alone"));
  CHECK_THROWS_WITH(batch_from_event(R"({"Records":3})"), ContainsSubstring("SQS alone"));
}

TEST_CASE("A message comes again while its run can go on, or nobody knows how it stands") {
  const auto done = [](const std::string& status) {
    return is_done_with(R"({"status":")" + status + R"("})");
  };
  CHECK((done("completed") && done("failed") && done("cancelled") && done("limit") && done("waiting")));
  CHECK_FALSE((done("suspended") || done("busy") || done("storage")));
  CHECK_FALSE(is_done_with(R"({"errorType":"Agent.BadEvent"})"));
  CHECK_FALSE(is_done_with(""));
}

TEST_CASE("An answer is told from what else a process prints") {
  CHECK(is_answer(R"({"schema":1,"run":"a"})"));
  CHECK(is_answer(R"({"errorType":"Agent.Config"})"));
  CHECK(is_answer(R"({"batchItemFailures":[]})"));
  CHECK_FALSE(is_answer("agentd: goes on"));
  CHECK_FALSE(is_answer(R"({"schema":1,"run":"a)"));
  CHECK_FALSE(is_answer(R"({"level":"info"})"));
}
