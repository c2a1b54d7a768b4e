#include "core/model/server_error.h"

#include "tests/support/catch.h"

namespace agentd {

TEST_CASE("a server's error is read in every form that is in use") {
  const std::vector<std::pair<std::string, ServerError>> cases = {
      {"", {}},
      {" \n", {}},
      {R"({"error":{"message":"m","type":"t","code":"c"}})", {"m", "c", 0}},
      {R"({"error":{"message":"m","type":"t","code":null}})", {"m", "t", 0}},
      {R"({"error":{"message":"m","code":503}})", {"m", "", 503}},
      {R"({"type":"error","error":{"type":"overloaded_error","message":"m"}})", {"m", "overloaded_error", 0}},
      {R"({"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}})",
       {"m", "RESOURCE_EXHAUSTED", 429}},
      {R"({"error":{"type":"t","message":"m","details":{"error_code":"c"}}})", {"m", "c", 0}},
      {R"({"error":{"type":"t","message":"m","details":[{"error_code":"c"}]}})", {"m", "t", 0}},
      {R"([{"error":{"message":"m"}}])", {"m", "", 0}},
      {R"({"error":"m"})", {"m", "", 0}},
      {R"({"message":"m"})", {"m", "", 0}},
      {R"({"detail":"m"})", {"m", "", 0}},
      {R"({"detail":[1]})", {R"({"detail":[1]})", "", 0}},
      {R"({"error":{"code":7}})", {R"({"code":7})", "", 0}},
      {R"({"error":null})", {R"({"error":null})", "", 0}},
      {"{}", {}},
      {"{\"error\":\"\xff\"}", {"\xEF\xBF\xBD", "", 0}},
      {"{broken", {"{broken", "", 0}},
      {"[", {"[", "", 0}},
      {"[]", {"[]", "", 0}},
      {"<p>", {"an HTML page", "", 0}},
      {"<html><title> A\nB </title>", {"an HTML page titled \"A B\"", "", 0}},
      {"no\r\n  route\x01", {"no route", "", 0}}};
  for (const auto& [body, error] : cases) {
    INFO(body);
    CHECK(read_server_error(body) == error);
  }
}

TEST_CASE("an error that comes late, without a status, is judged by its code and message") {
  const auto reason = [](const std::string& code, const std::string& message = "m") {
    const std::string error = R"({"error":{"type":")" + code + R"(","message":")" + message + "\"}}";
    const ModelFailed failed = late_failure("p", error);
    CHECK(failed.retryable == (failed.reason == "overloaded" || failed.reason == "rate_limit"));
    return failed.reason;
  };
  for (const char* code : {"overloaded_error", "api_error", "timeout_error", "conflict_error", ""})
    CHECK(reason(code) == "overloaded");
  CHECK(reason("rate_limit_error") == "rate_limit");
  CHECK(reason("billing_error") == "quota");
  CHECK(reason("enforced_spend_limit_reached") == "quota");
  CHECK(reason("authentication_error") == "auth");
  CHECK(reason("permission_error") == "auth");
  CHECK(reason("not_found_error") == "bad_request");
  CHECK(reason("request_too_large") == "context");
  CHECK(reason("invalid_request_error") == "bad_request");
  CHECK(reason("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum") == "context");
  CHECK(reason("invalid_request_error", "input length and `max_tokens` exceed context limit") == "context");
  CHECK(reason("invalid_request_error", "Your credit balance is too low to access the API") == "quota");
  CHECK(reason("invalid_request_error", "You have reached your specified API usage limits.") == "quota");
}

TEST_CASE("details give an error a more exact name and a wait, of an hour for what is counted by the day") {
  const auto read = [](const std::string& details) {
    return read_server_error(R"({"error":{"message":"m","status":"S","details":)" + details + "}}");
  };
  CHECK(read(R"([{"reason":"API_KEY_INVALID"}])") == ServerError{"m", "API_KEY_INVALID", 0});
  CHECK(read(R"([{"retryDelay":"1.5s"}])") == ServerError{"m", "S", 0, 1500});
  CHECK(read(R"([{"retryDelay":"2s"},{"retryDelay":"1s"}])") == ServerError{"m", "S", 0, 2000});
  CHECK(read(R"([{"violations":[{"quotaId":"TokensPerDay"}]},{"retryDelay":"36s"}])") ==
        ServerError{"m", "S", 0, 3'600'000});
  CHECK(read(R"([{"violations":[{"quotaId":"TokensPerMinute"}]},{"retryDelay":"36s"}])") ==
        ServerError{"m", "S", 0, 36'000});
  for (const char* odd : {"[]", "{}", "7", R"("x")", R"([null,7,{}])", R"([{"retryDelay":"s"}])",
                          R"([{"retryDelay":"-1s"}])", R"([{"retryDelay":{"seconds":1}}])"})
    CHECK(read(odd) == ServerError{"m", "S", 0});
}

TEST_CASE("a wait in the body counts before the headers, and only where another attempt can help") {
  const HttpHeaders headers = {{"retry-after", "2"}};
  const std::string body = R"({"error":{"message":"limit: %,","details":[{"retryDelay":"9s"}]}})";
  const auto failed = [&](const std::string& limit) {
    std::string text = body;
    return response_failure("x", 429, headers, text.replace(text.find('%'), 1, limit));
  };
  CHECK(failed("10").reason == "rate_limit");
  CHECK(failed("10").retry_after_ms == 9000);
  CHECK(failed("0").reason == "quota");
  CHECK_FALSE(failed("0").retryable);
}

TEST_CASE("a message is one line of at most 500 bytes that no character is cut in") {
  CHECK(one_line("  a \n b\t") == "a b");
  CHECK(one_line(std::string(500, 'x')) == std::string(500, 'x'));
  CHECK(one_line(std::string(501, 'x')) == std::string(497, 'x') + "…");
  CHECK(one_line(std::string(496, 'x') + "ééé") == std::string(496, 'x') + "…");
  std::string spaced;
  for (int i = 0; i < 400; ++i) spaced += "a    ";
  CHECK(one_line(spaced).size() <= 500);
}

TEST_CASE("retry headers are read in the order that clients agree on, dates against the server's own") {
  const std::string date = "Sun, 22 Nov 2026 23:59:30 GMT", later = "Mon, 23 Nov 2026 00:00:10 GMT";
  const std::vector<std::pair<HttpHeaders, std::optional<std::int64_t>>> cases = {
      {{}, {}},
      {{{"Retry-After", "2"}}, 2000},
      {{{"retry-after", "0.25"}}, 250},
      {{{"RETRY-AFTER-MS", "12.6"}, {"retry-after", "9"}}, 13},
      {{{"retry-after-ms", "soon"}, {"retry-after", "9"}}, 9000},
      {{{"retry-after", later}, {"date", date}}, 40'000},
      {{{"retry-after", date}, {"date", later}}, 0},
      {{{"retry-after", later}}, {}},
      {{{"retry-after", "Mon, 99 Nov 2026 00:00:10 GMT"}, {"date", date}}, {}},
      {{{"retry-after", "Mon, 23 Xyz 2026 00:00:10 GMT"}, {"date", date}}, {}},
      {{{"retry-after", "-1"}}, {}},
      {{{"retry-after", "nan"}}, {}},
      {{{"retry-after", "inf"}}, 31'622'400'000},
      {{{"retry-after", ""}}, {}}};
  for (const auto& [headers, wait] : cases) CHECK(retry_after_ms(headers) == wait);
}

}  // namespace agentd
