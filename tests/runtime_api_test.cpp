#include "cli/runtime_api.h"

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_stop.h"

using namespace agentd;

namespace {

const std::string kBase = "http://127.0.0.1:9001/2018-06-01/runtime/";

struct Api {
  FakeHttp http;
  RuntimeApi api{"127.0.0.1:9001", http};
  NeverStop stop;
};

}  // namespace

TEST_CASE("The next event is waited for without a limit, past every proxy") {
  Api lambda;
  lambda.http.responses.push_back(
      {200,
       {{"lambda-runtime-aws-request-id", "r-1"}, {"lambda-runtime-deadline-ms", "1700000000123"}},
       "{}"});
  const auto event = lambda.api.next(lambda.stop);
  REQUIRE(event);
  CHECK((event->request_id == "r-1" && event->deadline_ms == 1'700'000'000'123 && event->text == "{}"));
  const HttpRequest& asked = lambda.http.requests.at(0);
  CHECK((asked.method == "GET" && asked.url == kBase + "invocation/next" && !asked.use_proxy));
  constexpr std::int64_t kYearMs = std::int64_t{365} * 86'400'000;
  CHECK((asked.timeout_ms > kYearMs && asked.idle_timeout_ms > kYearMs));
}

TEST_CASE("Where there is no next event to be had, nothing is tried again") {
  Api lambda;
  CHECK_THROWS_WITH(lambda.api.next(lambda.stop), ContainsSubstring("no next event: no response is queued"));
  lambda.http.responses.push_back({500, {}, "boom"});
  CHECK_THROWS_WITH(lambda.api.next(lambda.stop), ContainsSubstring("answered 500: boom"));
  lambda.http.responses.push_back({200, {}, "{}"});
  CHECK_THROWS_AS(lambda.api.next(lambda.stop), Error);
  FakeStop stop;
  stop.signal();
  CHECK_FALSE(lambda.api.next(stop));
  CHECK(lambda.http.requests.size() == 3);
}

TEST_CASE("An answer that is refused becomes a small error of the same request") {
  Api lambda;
  lambda.http.responses.push_back({202});
  CHECK(lambda.api.respond("r-1", "{}").empty());
  CHECK(lambda.http.requests.back().url == kBase + "invocation/r-1/response");
  lambda.http.responses.push_back({413, {}, "too large"});
  lambda.http.responses.push_back({202});
  CHECK_THAT(lambda.api.respond("r-2", std::string(1000, 'x')), ContainsSubstring("answered 413: too large"));
  const HttpRequest& error = lambda.http.requests.back();
  CHECK(error.url == kBase + "invocation/r-2/error");
  CHECK(*find_header(error.headers, "Lambda-Runtime-Function-Error-Type") == "Agent.Internal");
  CHECK((error.body.size() < 500 &&
         error.body.starts_with(R"({"errorType":"Agent.Internal","errorMessage":")")));
  CHECK_FALSE(lambda.api.respond("r-3", "{}").empty());  // nobody is there: said, and no more
}

TEST_CASE("Errors have a type that a state machine can name") {
  Api lambda;
  lambda.http.responses = {{202}, {202}};
  CHECK(lambda.api.fail("r-1", FunctionError{"Agent.BadEvent", "no \xff task"}.json()).empty());
  const HttpRequest& error = lambda.http.requests.back();
  CHECK(*find_header(error.headers, "Lambda-Runtime-Function-Error-Type") == "Agent.BadEvent");
  CHECK(error.body ==
        "{\"errorType\":\"Agent.BadEvent\",\"errorMessage\":\"no \xef\xbf\xbd task\",\"stackTrace\":[]}");
  CHECK(lambda.api.fail_init({"Agent.Config", "bad"}).empty());
  CHECK(lambda.http.requests.back().url == kBase + "init/error");
}
