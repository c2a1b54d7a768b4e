#include "core/model/anthropic.h"

#include "tests/support/anthropic_case.h"

namespace agentd {
namespace {

using namespace anthropic_case;
using nlohmann::json;

const HttpFailure kBroken{HttpFailure::Kind::Broken, "the connection broke"};

std::vector<Case> reasoning_cases() {
  Case budget{"request_reasoning_budget"};
  budget.setup.reasoning = "high";
  budget.setup.temperature = 1;
  Case adaptive{"request_reasoning_adaptive"};
  adaptive.setup.name = "claude-opus-5";
  adaptive.setup.reasoning = "low";
  adaptive.setup.max_output_tokens = 64000;
  adaptive.schema = R"({"type":"object","properties":{"n":{"type":"integer"}},"additionalProperties":false})";
  Case foreign{"request_reasoning_left_out"};
  foreign.setup.reasoning = "high";
  foreign.messages = a_history("openai");
  foreign.messages.pop_back();
  return {budget, adaptive, foreign};
}

std::vector<Case> history_cases() {
  Case own{"request_history"}, foreign{"request_foreign_history"}, echo{"request_echo"},
      pause{"request_pause"}, text{"request_pause_in_text"}, longer{"request_long_history"};
  own.messages = a_history("anthropic");
  foreign.messages = a_history("openai");
  echo.messages = turn_with(kept("stream_thinking_and_call"));
  echo.messages.insert(echo.messages.begin(), user("Go."));
  pause.messages = {user("Go."), kept("stream_pause_in_text"), kept("stream_pause")};
  text.messages = {user("Go."), kept("stream_pause_in_text_after_thinking")};
  longer.messages = long_history(8);
  return {own, foreign, echo, pause, text, longer};
}

std::vector<Case> request_cases() {
  Case plain{"request_plain"}, whole{"request_not_streamed"}, bare{"request_no_system_no_key"},
      extra{"request_extra_wins"}, version{"request_api_version"}, schema{"request_schema"},
      open{"request_open_schema"}, lists{"request_extra_replaces_lists"};
  whole.setup.stream = false;
  whole.setup.temperature = 0.2;
  whole.setup.max_output_tokens = 4096;
  bare.system = " \n";
  bare.key = "";
  bare.base_url = "http://127.0.0.1:8080/v1";
  extra.setup.extra = R"({"max_tokens":7,"stream":false,"thinking":{"type":"disabled"},"top_k":3,)"
                      R"("output_config":{"effort":"max"},"cache_control":{"type":"ephemeral","ttl":"1h"}})";
  extra.setup.reasoning = "low";
  extra.schema = R"({"type":"object","additionalProperties":false})";
  version.setup.api_version = "2026-10-21";
  schema.schema = extra.schema;
  open.schema = R"({"type":"object"})";
  lists.setup.extra = R"({"system":"S","tools":[],"messages":[]})";
  std::vector<Case> cases = {plain, whole, bare, extra, version, schema, open, lists};
  for (Case& c : history_cases()) cases.push_back(std::move(c));
  for (Case& c : reasoning_cases()) cases.push_back(std::move(c));
  return cases;
}

}  // namespace

TEST_CASE("every golden response of anthropic decodes as its golden file shows, wherever it is split",
          "[sweep]") {
  check_golden_responses("anthropic", kAnthropic);
}

TEST_CASE("requests to anthropic are written as the golden files show") {
  for (const Case& c : request_cases()) {
    check_golden_request("anthropic/" + c.name, kAnthropic, request_of(c), {c.base_url, c.key});
    if (!c.setup.extra.empty()) continue;
    INFO(c.name);
    check_rules(body_of(c));
  }
}

TEST_CASE("a stream of anthropic is a reply once message_stop has come, and not before") {
  for (const char* name : {"stream_parallel_calls", "stream_thinking_and_call", "stream_pause"}) {
    const GoldenResponse response = read_response("anthropic", name);
    const ModelResult whole = decode(kAnthropic, response);
    for (std::size_t end = 0; end <= response.body.size(); ++end) {
      GoldenResponse cut = response;
      cut.body.resize(end);
      const ModelResult result = decode(kAnthropic, cut, 0, kBroken);
      const bool is_reply = std::holds_alternative<ModelReplied>(result);
      if (is_reply != (end == response.body.size())) FAIL_CHECK(name << " cut at " << end);
      if (is_reply) CHECK(result == whole);
    }
  }
}

TEST_CASE("a failure tells what anthropic counted before it") {
  const auto failed = std::get<ModelFailed>(decode_golden("stream_cut_in_call", kBroken));
  CHECK(failed == ModelFailed{.reason = "network",
                              .message = "anthropic: the connection broke",
                              .retryable = true,
                              .usage = {30, 10, 5, 1}});
  CHECK(std::holds_alternative<Interrupted>(
      decode_golden("stream_cut_in_call", HttpFailure{HttpFailure::Kind::Interrupted, ""})));
}

TEST_CASE("arguments of a megabyte in thousands of pieces come whole and go back whole") {
  const auto event = [](const std::string& json) { return "data: " + json + "\n\n"; };
  const std::string piece(250, 'x'), kBegin = R"({"type":"content_block_)";
  GoldenResponse response{
      200, {}, event(kBegin + R"(start","index":0,"content_block":{"type":"thinking"}})")};
  response.body +=
      event(kBegin + R"(start","index":1,"content_block":{"type":"tool_use","id":"t","name":"n"}})");
  const auto add = [&](const std::string& text) {
    const json delta = {{"type", "input_json_delta"}, {"partial_json", text}};
    response.body += event(kBegin + R"(delta","index":1,"delta":)" + delta.dump() + "}");
  };
  add(R"({"a":")");
  for (int i = 0; i < 4000; ++i) add(piece);
  add(R"("})");
  response.body += event(R"({"type":"message_stop"})");
  const ModelReplied reply = std::get<ModelReplied>(decode(kAnthropic, response));
  REQUIRE(reply.calls.size() == 1);
  CHECK(reply.calls[0].arguments.size() == 1'000'000 + 8);
  Case c;
  c.messages = turn_with({.role = Role::Assistant,
                          .calls = reply.calls,
                          .provider = "anthropic",
                          .provider_content = reply.provider_content});
  CHECK(encode(c).body.find(R"("input":)" + reply.calls[0].arguments + "}]}") != std::string::npos);
}

TEST_CASE("a base that ends in the version is not given it twice") {
  const auto url = [](const std::string& base) {
    Case c;
    c.base_url = base;
    return encode(c).url;
  };
  CHECK(url("https://api.anthropic.com") == "https://api.anthropic.com/v1/messages");
  CHECK(url("https://api.anthropic.com/v1") == "https://api.anthropic.com/v1/messages");
  CHECK(url("http://h/anthropic") == "http://h/anthropic/v1/messages");
}

TEST_CASE("a history with calls has tools, even where the task has none") {
  Case c;
  c.messages = a_history("openai");
  const json body = body_of(c, {});
  CHECK(body["tools"] == json::parse(R"([
      {"name":"shell","description":"","input_schema":{"type":"object","properties":{}}},
      {"name":"look","description":"","input_schema":{"type":"object","properties":{}}}])"));
  CHECK(body["tool_choice"] == json::parse(R"({"type":"none"})"));
  c.messages = {user("Hi.")};
  CHECK_FALSE(body_of(c, {}).contains("tools"));
  CHECK_FALSE(body_of(c, {}).contains("tool_choice"));
}

TEST_CASE("a schema of arguments that the API would refuse becomes an object without choices") {
  const auto schema = [](const std::string& parameters) {
    const std::vector<ToolSpec> tools = {{"t", "", parameters, Effect::Read}};
    return body_of({}, tools)["tools"][0]["input_schema"].dump();
  };
  CHECK(schema(R"({"type":"object","properties":{"a":{"anyOf":[{}]}}})") ==
        R"({"properties":{"a":{"anyOf":[{}]}},"type":"object"})");
  CHECK(schema(R"({"properties":{},"oneOf":[{}],"allOf":[{}]})") == R"({"properties":{},"type":"object"})");
  CHECK(schema("true") == R"({"properties":{},"type":"object"})");
  CHECK(schema("{broken") == R"({"properties":{},"type":"object"})");
}

TEST_CASE("the mark of the prompt is on the system text, or on the last tool where there is none") {
  Case c;
  CHECK(body_of(c)["system"][0].contains("cache_control"));
  CHECK(count_marks(body_of(c)["tools"]) == 0);
  c.system = "";
  CHECK_FALSE(body_of(c).contains("system"));
  CHECK(body_of(c)["tools"][1].contains("cache_control"));
  CHECK_FALSE(body_of(c)["tools"][0].contains("cache_control"));
}

}  // namespace agentd
