#include "core/model/bedrock.h"

#include "tests/support/catch.h"
#include "tests/support/model_golden.h"

namespace agentd {
namespace {

using nlohmann::json;

constexpr Codec kCodec = kBedrockCodec;
const std::string kUrl = "https://bedrock-runtime.us-east-1.amazonaws.com";
const std::string kClaude = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

ModelSetup setup_of(std::string name = kClaude) {
  return {.provider = "bedrock", .name = std::move(name)};
}

struct Case {
  std::string name;
  ModelSetup setup;
  std::vector<Message> messages = {};
  std::span<const ToolSpec> tools = kTools;
  std::string key = {};
};

HttpRequest encode(const Case& c) {
  return kCodec.encode({c.setup, "demo-1a2b3c", "Be brief.\n", c.tools, c.messages}, {kUrl, c.key});
}
json body_of(const Case& c) {
  return json::parse(encode(c).body);
}

Message thought(std::vector<ToolCall> calls, std::string content) {
  Message message = reply(std::move(calls), "", "bedrock");
  message.provider_content = std::move(content);
  return message;
}
Message failure(ToolCall call, std::string text) {
  Message message = result(std::move(call), std::move(text));
  message.is_error = true;
  return message;
}

const ToolCall kLook{"tooluse_a", "look", "{}"};
const std::string kThought = R"([{"reasoningContent":{"reasoningText":{"text":"Hm.","signature":"s=="}}},)"
                             R"({"toolUse":{"toolUseId":"tooluse_a","name":"look","input":{}}}])";

std::vector<Case> request_cases() {
  ModelSetup full = setup_of();
  full.max_output_tokens = 4096;
  full.temperature = 0.2;
  ModelSetup thinking = setup_of();
  thinking.reasoning = "medium";
  thinking.temperature = 0.2;
  ModelSetup adaptive = setup_of("global.anthropic.claude-opus-4-6-v1");
  adaptive.reasoning = "high";
  ModelSetup extra = full;
  extra.reasoning = "low";
  extra.extra = R"({"additionalModelRequestFields":{"top_k":5},"performanceConfig":{"latency":"optimized"},
                    "inferenceConfig":{"topP":0.9}})";
  ModelSetup whole = setup_of("amazon.nova-pro-v1:0");
  whole.stream = false;
  whole.reasoning = "high";
  const ModelSetup arn =
      setup_of("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3");
  const std::vector<Message> errors = {user(" \n"), reply({kLook}, "", "bedrock"), failure(kLook, "\n"),
                                       user("Hurry.")};
  return {{"request_plain", setup_of(), {user("Hi.")}, {}},
          {"request_history", full, a_history("bedrock")},
          {"request_bearer", setup_of(), {user("Hi.")}, {}, "bedrock-api-key"},
          {"request_thinking", thinking, {user("Go."), thought({kLook}, kThought), result(kLook, "7")}},
          {"request_thinking_adaptive", adaptive, {user("Hi.")}},
          {"request_extra_wins", extra, {user("Hi.")}},
          {"request_nova_not_streamed", whole, errors},
          {"request_profile_arn", arn, errors},
          {"request_last_turn_without_tools",
           setup_of("meta.llama3-3-70b-instruct-v1:0"),
           a_history("openai"),
           {}}};
}

}  // namespace

TEST_CASE("requests to bedrock are written as the golden files show") {
  for (const Case& c : request_cases())
    check_golden_request("bedrock/" + c.name, kCodec,
                         {c.setup, "demo-1a2b3c", "Be brief.\n", c.tools, c.messages}, {kUrl, c.key});
}

TEST_CASE("bedrock is told the schema of the answer where the model takes one") {
  constexpr std::string_view kSchema =
      R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false})";
  const auto config = [](const std::string& model, std::string_view schema) {
    const ModelSetup setup = setup_of(model);
    const std::vector<Message> messages{user("Go.")};
    const ModelRequest request{setup, "run", "", {}, messages, schema};
    return json::parse(kCodec.encode(request, {kUrl, ""}).body).value("outputConfig", json());
  };
  const json expected = {{"textFormat",
                          {{"type", "json_schema"},
                           {"structure", {{"jsonSchema", {{"name", "answer"}, {"schema", kSchema}}}}}}}};
  CHECK(config("us.anthropic.claude-sonnet-4-5-20250929-v1:0", kSchema) == expected);
  CHECK(config("global.anthropic.claude-opus-4-6-v1", kSchema) == expected);
  CHECK(config("global.anthropic.claude-opus-4-7", kSchema).is_null());
  CHECK(config("amazon.nova-pro-v1:0", kSchema).is_null());
  CHECK(config("global.anthropic.claude-opus-4-6-v1", R"({"type":"object"})").is_null());
  CHECK(config("global.anthropic.claude-opus-4-6-v1", "").is_null());
}

TEST_CASE("what bedrock's ids say about a model") {
  using Points = BedrockModel::CachePoints;
  struct Row {
    std::string id;
    Points points;
    bool status, claude;
  };
  const std::vector<Row> rows = {
      {"anthropic.claude-v2:1", Points::None, false, true},
      {"anthropic.claude-instant-v1", Points::None, false, true},
      {"anthropic.claude-3-haiku-20240307-v1:0", Points::None, true, true},
      {"anthropic.claude-3-5-sonnet-20241022-v2:0", Points::None, true, true},
      {"anthropic.claude-3-5-haiku-20241022-v1:0", Points::Everywhere, true, true},
      {"us.anthropic.claude-3-7-sonnet-20250219-v1:0", Points::Everywhere, true, true},
      {"eu.anthropic.claude-sonnet-4-20250514-v1:0", Points::Everywhere, true, true},
      {"global.anthropic.claude-opus-5", Points::Everywhere, true, true},
      {"arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-6", Points::Everywhere,
       true, true},
      {"arn:aws:bedrock:us-east-1:1:application-inference-profile/x", Points::None, false, false},
      {"amazon.nova-lite-v1:0", Points::System, true, false},
      {"us.amazon.nova-2-lite-v1:0", Points::None, true, false},
      {"meta.llama3-3-70b-instruct-v1:0", Points::None, false, false},
      {"", Points::None, false, false}};
  for (const Row& row : rows) {
    INFO(row.id);
    const BedrockModel model = bedrock_model(row.id);
    CHECK(model.cache_points == row.points);
    CHECK(model.takes_result_status == row.status);
    CHECK(model.is_claude == row.claude);
  }
}

TEST_CASE("roles alternate, and results come before what a person said, in the order of their calls") {
  const ToolCall a{"t1", "shell", "{}"}, b{"t2", "look", "{}"};
  const json messages =
      body_of({"",
               setup_of("x"),
               {user("One."), user("Two."), reply({a, b}, " ", "bedrock"), result(a, "1"), result(b, "2"),
                user("Three."), reply({}, "So.", "bedrock"), reply({}, "", "x"), user("Four.")}})["messages"];
  CHECK(messages == json::parse(R"([
    {"role":"user","content":[{"text":"One."},{"text":"Two."}]},
    {"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"shell","input":{}}},
                                   {"toolUse":{"toolUseId":"t2","name":"look","input":{}}}]},
    {"role":"user","content":[{"toolResult":{"toolUseId":"t1","content":[{"text":"1"}]}},
                              {"toolResult":{"toolUseId":"t2","content":[{"text":"2"}]}},{"text":"Three."}]},
    {"role":"assistant","content":[{"text":"So."}]},
    {"role":"user","content":[{"text":"Four."}]}])"));
}

TEST_CASE("cache points stand behind the instructions and where this and the last request end") {
  const auto points = [](const std::vector<Message>& messages, const std::string& model = kClaude) {
    const json body = body_of({"", setup_of(model), messages});
    std::string places;
    if (body["system"].back().contains("cachePoint")) places += "system ";
    for (std::size_t i = 0; i < body["messages"].size(); ++i)
      for (const json& block : body["messages"][i]["content"])
        if (block.contains("cachePoint")) places += std::to_string(i) + " ";
    if (body.dump().find("cachePoint") == std::string::npos) places += "none";
    return places;
  };
  std::vector<Message> messages = {user("Go.")};
  CHECK(points(messages) == "system 0 ");
  for (int i = 0; i < 3; ++i) {
    messages.push_back(reply({kLook}, "", "bedrock"));
    messages.push_back(result(kLook, "7"));
  }
  CHECK(points(messages) == "system 4 6 ");
  // Nova refuses a point behind a result.
  CHECK(points(messages, "amazon.nova-pro-v1:0") == "system ");
  CHECK(points(messages, "mistral.mistral-large-2407-v1:0") == "none");
}

TEST_CASE("what bedrock sent goes back untouched, unless it would be refused for ever") {
  const auto sent = [](Message message, const std::string& id) {
    const ToolCall answered = message.calls.at(0);
    const Case c{"", setup_of("x"), {user("Go."), std::move(message), result(answered, "7")}};
    const std::string body = encode(c).body;
    CHECK(json::accept(body));
    CHECK(body.find("\"toolResult\":{\"toolUseId\":\"" + id + "\"") != std::string::npos);
    return body;
  };
  const std::string inside = kThought.substr(1, kThought.size() - 2);
  CHECK_THAT(sent(thought({kLook}, kThought), "tooluse_a"), ContainsSubstring("[" + inside + "]"));
  const auto is_neutral = [&](const std::string& body) {
    return body.find("reasoning") == std::string::npos;
  };
  Message foreign = thought({kLook}, kThought);
  foreign.provider = "anthropic";
  CHECK(is_neutral(sent(foreign, "call_1_1")));
  Message same = thought({kLook}, kThought), another = same;
  same.model = "x";
  another.model = kClaude;
  CHECK_FALSE(is_neutral(sent(same, "tooluse_a")));
  CHECK(is_neutral(sent(another, "tooluse_a")));
  CHECK(is_neutral(sent(thought({{"bad id", "look", "{}"}}, kThought), "call_1_1")));
  CHECK(is_neutral(sent(thought({{"tooluse_a", "bad.name", "{}"}}, kThought), "tooluse_a")));
  for (const char* content : {"", "[]", "{}", "x"})
    CHECK(is_neutral(sent(thought({kLook}, content), "tooluse_a")));
}

TEST_CASE("claude is asked to think only where it can go on with what it thought") {
  const auto thinks = [](const std::vector<Message>& messages, const std::string& model = kClaude) {
    ModelSetup setup = setup_of(model);
    setup.reasoning = "low";
    return body_of({"", setup, messages}).contains("additionalModelRequestFields");
  };
  const Message ours = thought({kLook}, kThought), foreign = reply({kLook}, "", "openai");
  const Message answer = result(kLook, "7");
  CHECK(thinks({user("Go.")}));
  CHECK(thinks({user("Go."), ours, answer}));
  CHECK(thinks({user("Go."), ours, answer, reply({kLook}, "", "bedrock"), answer}));
  CHECK_FALSE(thinks({user("Go."), foreign, answer}));
  CHECK_FALSE(thinks({user("Go."), foreign, answer, user("Hurry.")}));
  CHECK(thinks({user("Go."), foreign, answer, reply({}, "Done."), user("Again.")}));
  CHECK(thinks({user("Go."), foreign, answer}, "anthropic.claude-opus-4-6-v1"));
  CHECK_FALSE(thinks({user("Go.")}, "meta.llama3-3-70b-instruct-v1:0"));
}

TEST_CASE("a budget for thinking leaves room for the reply") {
  const auto sent = [](const std::string& reasoning, std::optional<std::int64_t> max_tokens) {
    ModelSetup setup = setup_of();
    setup.reasoning = reasoning;
    setup.max_output_tokens = max_tokens;
    const json body = body_of({"", setup, {user("Hi.")}});
    const json budget =
        body.value("/additionalModelRequestFields/thinking/budget_tokens"_json_pointer, json());
    return budget.dump() + " of " + body["inferenceConfig"]["maxTokens"].dump();
  };
  CHECK(sent("low", {}) == "2048 of 10240");
  CHECK(sent("medium", {}) == "8192 of 16384");
  CHECK(sent("high", {}) == "16384 of 24576");
  CHECK(sent("low", 4096) == "2048 of 4096");
  CHECK(sent("high", 4096) == "2048 of 4096");
  CHECK(sent("high", 16384) == "8192 of 16384");
  CHECK(sent("high", 2048) == "1024 of 2048");
  CHECK(sent("high", 2000) == "1024 of 2000");
  CHECK(sent("high", 1024) == "null of 1024");
}

TEST_CASE(
    "a claude that thinks unasked is given room for it, and no other model a limit that nobody asked for") {
  const auto limit = [](const std::string& model, std::optional<std::int64_t> max_tokens = {}) {
    ModelSetup setup = setup_of(model);
    setup.max_output_tokens = max_tokens;
    return body_of({"", setup, {user("Hi.")}}).value("/inferenceConfig/maxTokens"_json_pointer, 0);
  };
  CHECK(limit("global.anthropic.claude-opus-5") == 32000);
  CHECK(limit("us.anthropic.claude-haiku-5-5") == 32000);
  CHECK(limit("global.anthropic.claude-opus-5", 900) == 900);
  CHECK(limit("anthropic.claude-opus-4-8") == 0);
  CHECK(limit(kClaude) == 0);
  CHECK(limit("amazon.nova-pro-v1:0") == 0);
  ModelSetup setup = setup_of("anthropic.claude-sonnet-5");
  setup.extra = R"({"additionalModelRequestFields":{"thinking":{"type":"disabled"}}})";
  setup.reasoning = "low";
  const json body = body_of({"", setup, {user("Hi.")}});
  CHECK(body["inferenceConfig"] == json{{"maxTokens", 32000}});
  CHECK(body["additionalModelRequestFields"]["thinking"]["type"] == "disabled");
}

TEST_CASE("what bedrock would refuse for ever is sent in a form that it takes") {
  const auto sent = [](const std::string& name, const std::string& arguments) {
    const ToolCall call{"c", name, arguments};
    const json body =
        body_of({"", setup_of("x"), {user("Go."), reply({call}, "", "bedrock"), result(call, "")}});
    const json use = body["messages"][1]["content"][0]["toolUse"];
    return use["name"].get<std::string>() + " " + use["input"].dump();
  };
  CHECK(sent("shell", R"({ "a" : 1 })") == R"(shell {"a":1})");
  CHECK(sent("shell", R"({"a": )") == "shell {}");
  CHECK(sent("shell", "[1]") == "shell {}");
  CHECK(sent("", "\xff") == "_ {}");
  const Case bytes{"", setup_of("x"), {user("a\xff\xc3(b")}};
  CHECK(body_of(bytes)["messages"][0]["content"][0]["text"] == "a\xEF\xBF\xBD\xEF\xBF\xBD(b");
  const std::vector<ToolSpec> tools = {{"a.b", "  ", "", Effect::Read}};
  CHECK(body_of({"", setup_of("x"), {user("Hi.")}, tools})["toolConfig"] ==
        json::parse(R"({"tools":[{"toolSpec":{"name":"a_b","inputSchema":{"json":
                       {"type":"object","properties":{}}}}}]})"));
}

}  // namespace agentd
