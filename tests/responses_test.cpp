#include "core/model/responses.h"

#include "core/model/models.h"
#include "tests/support/fake_http.h"
#include "tests/support/model_golden.h"

namespace agentd {
namespace {

using nlohmann::json;

constexpr Codec kCodec = kResponsesCodec;
const std::string kProvider{kResponsesProvider};
const std::string kLocal = "http://127.0.0.1:8080/v1";

ModelResult decode_golden(const std::string& name, const std::optional<HttpFailure>& failure = {}) {
  return decode(kCodec, read_response(kProvider, name), 0, failure);
}

/// The reply of a golden response, as it stands in the transcript.
Message replied(const std::string& name) {
  const auto reply = std::get<ModelReplied>(decode_golden(name));
  return {.role = Role::Assistant,
          .text = reply.text,
          .calls = reply.calls,
          .provider = reply.provider,
          .provider_content = reply.provider_content};
}

/// The request's answers to the calls of `reply` follow it.
void add_turn(std::vector<Message>& messages, const Message& reply) {
  messages.push_back(reply);
  for (const ToolCall& call : reply.calls) messages.push_back(result(call, "done"));
}

const std::string kStrict =
    R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false})";
const std::string kLoose = R"({"type":"object","properties":{"n":{"type":"integer"}}})";

struct Case {
  std::string name;
  ModelSetup setup;
  std::vector<Message> messages = {};
  std::string base_url = "https://api.openai.com/v1";
  std::string key = "sk-test";
  std::string schema = {};
  std::vector<ToolSpec> tools = kTools;
};

ModelRequest to_request(const Case& c) {
  return {c.setup, "demo-1a2b3c", "Be brief.\n", c.tools, c.messages, c.schema};
}
std::string body_of(const Case& c) {
  return kCodec.encode(to_request(c), {c.base_url, c.key}).body;
}
json input_of(const std::vector<Message>& messages) {
  return json::parse(body_of({"", {.name = "gpt-5"}, messages}))["input"];
}

std::vector<Message> reasoned_history() {
  std::vector<Message> messages = {user("Count.")};
  for (const char* name : {"stream_reasoning_calls", "stream_phases", "stream_reasoning_text"})
    add_turn(messages, replied(name));
  messages.push_back(user("Sure?"));
  return messages;
}

std::vector<Case> request_cases() {
  const ModelSetup plain{.provider = kProvider, .name = "gpt-5.1"};
  ModelSetup chat = plain, full = plain, extra = plain, lists = plain, local = plain;
  chat.name = "gpt-4.1";
  full.max_output_tokens = 4096;
  full.temperature = 0.2;
  full.reasoning = "medium";
  ModelSetup whole = full;
  whole.stream = false;
  extra.extra = R"({"store":true,"include":[],"service_tier":"flex","instructions":"Other.","stream":false})";
  lists.extra = R"({"tools":[],"input":"Hi","text":{"verbosity":"low"}})";
  local.name = "openai/gpt-oss-20b";
  const std::vector<Message> hi = {user("Hi.")};
  const std::string openai = "https://api.openai.com/v1", key = "sk-test";
  return {{"request_plain", plain, hi},
          {"request_no_reasoning_model", chat, hi},
          {"request_full", full, hi},
          {"request_not_streamed", whole, hi},
          {"request_history", chat, a_history(kProvider)},
          {"request_foreign_history", plain, a_history("anthropic")},
          {"request_reasoned_history", full, reasoned_history()},
          {"request_extra_wins", extra, hi},
          {"request_extra_replaces_lists", lists, hi, openai, key, kStrict},
          {"request_schema_strict", plain, hi, openai, key, kStrict},
          {"request_schema_loose", plain, hi, openai, key, kLoose},
          {"request_local_server", local, a_history(kProvider), kLocal, "", kStrict},
          {"request_local_server_without_tools", local, hi, kLocal, "", kStrict, {}}};
}

const HttpFailure kBroken{HttpFailure::Kind::Broken, "the connection broke"};

}  // namespace

TEST_CASE("every golden response of openai-responses decodes as its golden file shows, wherever it is split",
          "[sweep]") {
  check_golden_responses(kProvider, kCodec);
}

TEST_CASE("requests to openai-responses are written as the golden files show") {
  for (const Case& c : request_cases())
    check_golden_request(kProvider + "/" + c.name, kCodec, to_request(c), {c.base_url, c.key});
}

TEST_CASE("a response is taken from a stream that breaks after its last event, and only then") {
  const GoldenResponse response = read_response(kProvider, "stream_reasoning_calls");
  for (std::size_t end = 0; end < response.body.size(); ++end) {
    GoldenResponse cut = response;
    cut.body.resize(end);
    if (std::holds_alternative<ModelReplied>(decode(kCodec, cut, 0, kBroken))) FAIL_CHECK("cut at " << end);
  }
  CHECK(std::holds_alternative<ModelReplied>(decode(kCodec, response, 0, kBroken)));
}

TEST_CASE("an interruption gives nothing, except of a response that is already whole") {
  const HttpFailure interrupted{HttpFailure::Kind::Interrupted, "interrupted"};
  CHECK(std::holds_alternative<Interrupted>(decode_golden("stream_cut_in_call", interrupted)));
  CHECK(std::holds_alternative<Interrupted>(decode_golden("error_404_text", interrupted)));
  CHECK(std::holds_alternative<ModelReplied>(decode_golden("stream_text", interrupted)));
}

TEST_CASE("items that hold more than text and calls go back unchanged, in order and before their results") {
  for (const char* name : {"stream_reasoning_calls", "stream_interleaved_reasoning", "stream_phases",
                           "stream_unknown_item", "stream_annotations", "stream_open_weights"}) {
    INFO(name);
    std::vector<Message> messages = {user("Go.")};
    const Message reply = replied(name);
    add_turn(messages, reply);
    const std::string items = reply.provider_content.substr(1, reply.provider_content.size() - 2);
    CHECK(body_of({"", {.name = "gpt-5"}, messages}).find("," + items) != std::string::npos);
    const json input = input_of(messages), sent = json::parse(reply.provider_content);
    REQUIRE(input.size() == 1 + sent.size() + reply.calls.size());
    for (std::size_t i = 0; i < sent.size(); ++i) CHECK(input[1 + i] == sent[i]);
    for (std::size_t i = 0; i < reply.calls.size(); ++i)
      CHECK(input[1 + sent.size() + i]["call_id"] == reply.calls[i].provider_id);
  }
}

TEST_CASE("what the server sent is kept in its own form only where ours would lose something") {
  for (const char* name : {"stream_text", "stream_parallel_calls", "stream_text_in_parts"}) {
    INFO(name);
    CHECK(replied(name).provider_content.empty());
  }
  const json input = input_of({replied("stream_parallel_calls")});
  CHECK(input[0] == json{{"type", "message"}, {"role", "assistant"}, {"content", "I will look."}});
  CHECK(input[1] == json{{"type", "function_call"},
                         {"call_id", "call_a"},
                         {"name", "shell"},
                         {"arguments", R"({"command": "ls \"x\" é"})"}});
}

TEST_CASE("reasoning that the server kept to itself is not named to it again, nor are the ids that need it") {
  for (const char* name : {"stream_bare_reasoning", "stream_bare_reasoning_empty"}) {
    INFO(name);
    const json input = input_of({replied(name)});
    REQUIRE(input.size() == 1);
    CHECK(input[0]["type"] != "reasoning");
    CHECK_FALSE(input[0].contains("id"));
  }
}

TEST_CASE("a reply that a server would refuse for ever goes back in our form") {
  const Message sound = replied("stream_reasoning_calls");
  const auto types = [](const Message& reply) {
    std::string list;
    for (const json& item : input_of({user("Go."), reply}))
      list += item["type"].get<std::string>().substr(0, 1) + (item.contains("id") ? "+" : "");
    return list;
  };
  CHECK(types(sound) == "mr+f+f+");
  Message reply = sound;
  reply.calls[0].name = "functions.shell";
  CHECK(types(reply) == "mff");
  reply = sound;
  reply.calls[1].arguments = "{";
  CHECK(types(reply) == "mff");
  reply = sound;
  reply.calls[1].provider_id = "call_a";
  CHECK(types(reply) == "mff");
  reply = sound;
  reply.provider = "openai";
  CHECK(types(reply) == "mff");
  reply = sound;
  reply.model = "another";
  CHECK(types(reply) == "mff");
  for (const char* content : {"", "[]", "{}", "x"}) {
    reply = sound;
    reply.provider_content = content;
    CHECK(types(reply) == "mff");
  }
}

TEST_CASE("an id that a server gives in every turn is told apart, with its results") {
  const Message reply = replied("stream_reasoning_calls");
  std::vector<Message> messages = {user("Go.")};
  add_turn(messages, reply);
  add_turn(messages, reply);
  std::vector<std::string> calls, results;
  for (const json& item : input_of(messages)) {
    if (item["type"] == "function_call") calls.push_back(item["call_id"]);
    if (item["type"] == "function_call_output") results.push_back(item["call_id"]);
  }
  CHECK(calls == std::vector<std::string>{"call_a", "call_b", "call_4_1", "call_4_2"});
  CHECK(results == calls);
}

TEST_CASE("each request begins with the bytes of the one before") {
  const std::vector<Message> messages = reasoned_history();
  std::string before;
  for (std::size_t count = 1; count <= messages.size(); ++count) {
    const std::string body =
        body_of({"", {.name = "gpt-5"}, {messages.begin(), messages.begin() + static_cast<long>(count)}});
    CHECK(body.starts_with(before));
    before = body.substr(0, body.size() - 2);
  }
}

TEST_CASE("encrypted reasoning is asked of every model but those that never reason") {
  const auto asks = [](const std::string& name, const std::string& reasoning = "") {
    const ModelSetup setup{.provider = kProvider, .name = name, .reasoning = reasoning};
    return json::parse(body_of({"", setup, {user("Hi.")}})).contains("include");
  };
  for (const char* name : {"gpt-5", "gpt-5.4-mini", "gpt-5.1-chat-latest", "o3", "gpt-6",
                           "openai/gpt-oss-20b", "my-deployment", ""})
    CHECK(asks(name));
  for (const char* name : {"gpt-4o", "gpt-4.1-mini", "openai/gpt-4o", "ft:gpt-4.1:acme::x",
                           "gpt-5-chat-latest", "chatgpt-4o-latest", "gpt-3.5-turbo"})
    CHECK_FALSE(asks(name));
  CHECK(asks("gpt-4o", "low"));
}

TEST_CASE("a request without tools or instructions has no member for them") {
  const ModelSetup setup{.name = "m"};
  const std::vector<Message> messages = {user("a\xff")};
  const json body = json::parse(kCodec.encode({setup, "", "", {}, messages}, {kLocal, ""}).body);
  CHECK_FALSE(body.contains("tools"));
  CHECK_FALSE(body.contains("instructions"));
  CHECK_FALSE(body.contains("prompt_cache_key"));
  CHECK(body["input"][0]["content"] == "a\xEF\xBF\xBD");
}

TEST_CASE("a model costs the same by either of OpenAI's interfaces") {
  FakeHttp http;
  class NoClock : public Clock {
   public:
    std::int64_t now_ms() override { return 0; }
    std::int64_t monotonic_ms() override { return 0; }
    void sleep_until(std::int64_t, const Stop&) override {}
  } clock;
  Secrets secrets;
  const Environment nothing = [](const std::string&) -> std::optional<std::string> { return {}; };
  const ModelSetup setup{.provider = kProvider, .name = "gpt-4o"};
  const auto pattern = [&](std::vector<Price> prices) {
    return price_of(setup, {http, clock, secrets, nothing, std::move(prices)}).value_or(Price{}).pattern;
  };
  CHECK(pattern({}) == "openai/gpt-4o");
  CHECK(pattern({{"openai-responses/*", 1, 1, 1, 1}}) == "openai-responses/*");
}

}  // namespace agentd
