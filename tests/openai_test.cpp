#include "core/model/openai.h"

#include "tests/support/model_golden.h"

namespace agentd {
namespace {

using nlohmann::json;

constexpr Codec kCodec = kOpenAiCodec;

ModelResult decode_golden(const std::string& name, const std::optional<HttpFailure>& failure = {}) {
  return decode(kCodec, read_response("openai", name), 0, failure);
}

struct Case {
  std::string name;
  ModelSetup setup;
  std::vector<Message> messages = {};
  std::string base_url = "https://api.openai.com/v1";
  std::string key = "sk-test";
};

HttpRequest encode(const Case& c, std::span<const ToolSpec> tools = kTools) {
  const ModelRequest request{c.setup, "demo-1a2b3c", "Be brief.\n", tools, c.messages};
  return kCodec.encode(request, {c.base_url, c.key});
}

std::vector<Case> request_cases() {
  ModelSetup plain{.provider = "openai", .name = "gpt-4.1"};
  ModelSetup full = plain;
  full.max_output_tokens = 4096;
  full.temperature = 0.2;
  full.reasoning = "medium";
  ModelSetup whole = full;
  whole.stream = false;
  ModelSetup extra = full;
  extra.extra = R"({"service_tier":"flex","temperature":1,"stream":false,"stop":["\n"]})";
  ModelSetup no_tools = plain;
  no_tools.extra = R"({"tools":[],"messages":[]})";
  const std::string local = "http://127.0.0.1:8080/v1";
  return {{"request_plain", plain, {user("Hi.")}},
          {"request_history", full, a_history("openai")},
          {"request_not_streamed", whole, {user("Hi.")}},
          {"request_compatible_server", full, a_history("openai"), local, ""},
          {"request_extra_wins", extra, {user("Hi.")}},
          {"request_extra_replaces_lists", no_tools, {user("Hi.")}},
          {"request_european_host", full, {user("Hi.")}, "https://eu.api.openai.com/v1"},
          {"request_lookalike_host", full, {user("Hi.")}, "https://api.openai.com.example/v1"}};
}

std::vector<std::string> ids_of(const std::string& body, const char* role) {
  std::vector<std::string> ids;
  const json request = json::parse(body);
  for (const json& message : request["messages"]) {
    if (message["role"] != role) continue;
    if (message.contains("tool_call_id")) ids.push_back(message["tool_call_id"]);
    if (!message.contains("tool_calls")) continue;
    for (const json& call : message["tool_calls"]) ids.push_back(call["id"]);
  }
  return ids;
}

const HttpFailure kBroken{HttpFailure::Kind::Broken, "the connection broke"};

}  // namespace

TEST_CASE("every golden response of openai decodes as its golden file shows, wherever it is split",
          "[sweep]") {
  check_golden_responses("openai", kCodec);
}

TEST_CASE("a reply is taken from a stream that breaks after its end mark, and only then") {
  const GoldenResponse response = read_response("openai", "stream_interleaved_calls");
  const std::string whole = describe(decode(kCodec, response));
  const std::size_t mark = response.body.find("tool_calls\"}]}\n\n") + 16;
  for (std::size_t end = 0; end < response.body.size(); ++end) {
    GoldenResponse cut = response;
    cut.body.resize(end);
    const ModelResult result = decode(kCodec, cut, 0, kBroken);
    if (std::holds_alternative<ModelReplied>(result) != (end >= mark)) FAIL_CHECK("cut at " << end);
  }
  CHECK(whole.find("call_a") != std::string::npos);
}

TEST_CASE("a failure on the wire says what happened and is tried again") {
  using Kind = HttpFailure::Kind;
  const auto failure = [](Kind kind) {
    return std::get<ModelFailed>(decode_golden("stream_cut_in_call", HttpFailure{kind, "host x: so"}));
  };
  CHECK(failure(Kind::Connect) ==
        ModelFailed{.reason = "network", .message = "openai: host x: so", .retryable = true});
  CHECK(failure(Kind::Broken) ==
        ModelFailed{.reason = "network", .message = "openai: host x: so", .retryable = true});
  CHECK(failure(Kind::Timeout).reason == "timeout");
  CHECK(failure(Kind::Timeout).message == "openai: host x: so (model.timeout)");
  CHECK(failure(Kind::Idle).message == "openai: host x: so (model.idle_timeout)");
}

TEST_CASE("an interruption gives nothing, except of a reply that is already whole") {
  const HttpFailure interrupted{HttpFailure::Kind::Interrupted, "interrupted"};
  CHECK(std::holds_alternative<Interrupted>(decode_golden("stream_cut_in_call", interrupted)));
  CHECK(std::holds_alternative<Interrupted>(decode_golden("error_429_quota", interrupted)));
  CHECK(std::holds_alternative<Interrupted>(decode_golden("document_cut", interrupted)));
  CHECK(std::holds_alternative<ModelReplied>(decode_golden("stream_text", interrupted)));
}

TEST_CASE("a document that the wire cut off is a failure of the wire") {
  CHECK(std::get<ModelFailed>(decode_golden("document_cut", kBroken)).message ==
        "openai: the connection broke");
  CHECK(std::get<ModelFailed>(decode_golden("error_503_text", kBroken)).reason == "overloaded");
}

TEST_CASE("requests to openai are written as the golden files show") {
  for (const Case& c : request_cases())
    check_golden_request("openai/" + c.name, kCodec,
                         {c.setup, "demo-1a2b3c", "Be brief.\n", kTools, c.messages}, {c.base_url, c.key});
}

TEST_CASE("a request without tools has no member for them") {
  const json body = json::parse(encode({"", {.name = "m"}, {user("Hi.")}}, {}).body);
  CHECK_FALSE(body.contains("tools"));
  CHECK(body["messages"].size() == 2);
}

TEST_CASE("a longer history begins with the bytes of a shorter one") {
  Case shorter{"", {.name = "m"}, a_history("openai")};
  Case longer = shorter;
  longer.messages.push_back(user("More."));
  const std::string begin = encode(shorter).body;
  CHECK(encode(longer).body.starts_with(begin.substr(0, begin.size() - 2)));
}

TEST_CASE("call ids are unique in a request, whatever the provider gave") {
  const ToolCall none{"", "shell", "{}"}, first{"call_1", "shell", "{}"}, trap{"call_1_1", "shell", "{}"};
  const Case c{"",
               {.name = "m"},
               {user("Go."),                                                //
                reply({none, none}), result(none, "1"), result(none, "2"),  //
                reply({first, first}), result(first, "3"), result(first, "4"), reply({first, trap}),
                result(first, "5"), result(trap, "6"), reply({first}, "", "anthropic"), result(first, "7")}};
  const std::vector<std::string> ids = ids_of(encode(c).body, "assistant");
  CHECK(ids == std::vector<std::string>{"call_1_1", "call_1_2", "call_1", "call_4_2", "call_7_1", "call_7_2",
                                        "call_10_1"});
  CHECK(ids_of(encode(c).body, "tool") == ids);
}

TEST_CASE("what a strict server would refuse for ever is sent in a form that it takes") {
  const auto sent = [](const std::string& name, const std::string& arguments) {
    const Case c{"",
                 {.name = "m"},
                 {user("Go."), reply({{"c", name, arguments}}), result({"c", name, ""}, "invalid")}};
    const json function = json::parse(encode(c).body)["messages"][2]["tool_calls"][0]["function"];
    return function["name"].get<std::string>() + " " + function["arguments"].get<std::string>();
  };
  CHECK(sent("shell", R"({ "a" : 1 })") == R"(shell { "a" : 1 })");
  CHECK(sent("shell", R"({"a": )") == "shell {}");
  CHECK(sent("shell", "") == "shell {}");
  CHECK(sent("shell", "[1]") == "shell {}");
  CHECK(sent("shell", "\xff") == "shell {}");
  CHECK(sent("functions.shell", "{}") == "functions_shell {}");
  CHECK(sent("", "{}") == "_ {}");
  CHECK(sent(std::string(70, 'x'), "{}") == std::string(64, 'x') + " {}");
}

TEST_CASE("an answer with a schema is asked for in its form") {
  const std::string strict =
      R"({"type":"object","properties":{},"required":[],"additionalProperties":false})";
  const std::string loose = R"({"type":"object"})";
  const auto format = [](const std::string& schema, const std::string& url, std::span<const ToolSpec> tools) {
    const ModelSetup setup{.name = "m"};
    const json body = json::parse(kCodec.encode({setup, "run", "", tools, {}, schema}, {url, ""}).body);
    return body.value("response_format", json());
  };
  const auto sent = [](const std::string& schema, bool is_strict) {
    const json form = {{"name", "answer"}, {"schema", json::parse(schema)}, {"strict", is_strict}};
    return json{{"type", "json_schema"}, {"json_schema", form}};
  };
  const std::string openai = "https://api.openai.com/v1", local = "http://127.0.0.1:8080/v1";
  CHECK(format(strict, openai, kTools) == sent(strict, true));
  CHECK(format(loose, openai, kTools) == sent(loose, false));
  CHECK(format(loose, local, {}) == sent(loose, false));
  CHECK(format("", openai, {}).is_null());
  CHECK(format(R"({"type":"array"})", openai, {}).is_null());
  // vLLM and Ollama would never let the model call a tool.
  CHECK(format(strict, local, kTools).is_null());
}

TEST_CASE("text that is not UTF-8 is replaced, so that the request is valid JSON") {
  const Case c{"", {.name = "m"}, {user("a\xff\xc3(b\"\\\n\x1f\x7f é 🌍")}};
  const json body = json::parse(encode(c).body);
  CHECK(body["messages"][1]["content"] == "a\xEF\xBF\xBD\xEF\xBF\xBD(b\"\\\n\x1f\x7f é 🌍");
}

}  // namespace agentd
