#include "core/model/bedrock.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/model/json_text.h"
#include "tests/support/catch.h"
#include "tests/support/event_frame.h"
#include "tests/support/model_golden.h"

namespace agentd {
namespace {

using nlohmann::json;

constexpr Codec kCodec = kBedrockCodec;
const std::string kFolder = AGENTD_SOURCE_DIR "/tests/golden/bedrock/";
const std::string kUrl = "https://bedrock-runtime.us-east-1.amazonaws.com";
const std::string kClaude = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// A line of *.events: "event TYPE JSON", "exception TYPE JSON", "error CODE MESSAGE" or "bytes WHATEVER".
std::string frame_of_line(const std::string& line) {
  std::istringstream words(line);
  std::string kind, type, rest;
  words >> kind;
  if (kind == "bytes") return line.substr(6);
  words >> type;
  std::getline(words >> std::ws, rest);
  if (kind == "event") return event_frame(type, rest);
  if (kind == "exception") return exception_frame(type, rest);
  return frame_of(text_header(":message-type", "error") + text_header(":error-code", type) +
                      text_header(":error-message", rest),
                  "");
}

GoldenResponse read_stream(const std::string& name) {
  GoldenResponse response{200, {{"Content-Type", "application/vnd.amazon.eventstream"}}, ""};
  std::ifstream file(kFolder + name + ".events");
  for (std::string line; std::getline(file, line);) response.body += frame_of_line(line);
  return response;
}

std::vector<std::string> golden_streams() {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(kFolder))
    if (file.path().extension() == ".events") names.push_back(file.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

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

TEST_CASE("every golden response of bedrock decodes as its golden file shows, wherever it is split") {
  check_golden_responses("bedrock", kCodec);
}

TEST_CASE("every golden stream of bedrock decodes as its golden file shows, wherever it is split") {
  CHECK(golden_streams().size() > 10);
  for (const std::string& name : golden_streams()) {
    INFO(name);
    const GoldenResponse response = read_stream(name);
    const std::string whole = describe(decode(kCodec, response));
    CHECK(golden("bedrock/" + name + ".json", whole) == whole);
    CHECK(describe(decode(kCodec, response, kEveryByte)) == whole);
    for (std::size_t cut = 1; cut < response.body.size(); ++cut)
      if (describe(decode(kCodec, response, cut)) != whole) FAIL_CHECK("cut at " << cut);
  }
}

TEST_CASE("a bedrock reply is taken from a stream that breaks after its end mark, and only then") {
  const HttpFailure broken{HttpFailure::Kind::Broken, "the connection broke"};
  const GoldenResponse response = read_stream("stream_calls");
  const std::string last = frame_of_line(
      R"(event metadata {"metrics":{"latencyMs":724},"p":"abc","usage":{"cacheReadInputTokens":300,)"
      R"("cacheWriteInputTokens":40,"inputTokens":12,"outputTokens":5,"totalTokens":357}})");
  REQUIRE(response.body.ends_with(last));
  const std::size_t mark = response.body.size() - last.size();
  for (std::size_t end = 0; end <= response.body.size(); ++end) {
    GoldenResponse cut = response;
    cut.body.resize(end);
    const ModelResult result = decode(kCodec, cut, 0, broken);
    const auto* replied = std::get_if<ModelReplied>(&result);
    if ((replied != nullptr) != (end >= mark)) FAIL_CHECK("cut at " << end);
    const Usage all{12, 300, 40, 5}, none{};
    if (replied != nullptr) CHECK(replied->usage == (end == response.body.size() ? all : none));
  }
}

TEST_CASE("a bedrock stream with one wrong bit never gives a reply that it did not give whole") {
  const GoldenResponse response = read_stream("stream_calls");
  const ModelResult whole = decode(kCodec, response);
  for (std::size_t at = 0; at < response.body.size(); ++at) {
    GoldenResponse bad = response;
    bad.body[at] = static_cast<char>(bad.body[at] ^ 4);
    const ModelResult result = decode(kCodec, bad);
    const auto* replied = std::get_if<ModelReplied>(&result);
    if (replied != nullptr && replied->calls != std::get<ModelReplied>(whole).calls)
      FAIL_CHECK("bit at " << at);
  }
}

TEST_CASE("requests to bedrock are written as the golden files show") {
  for (const Case& c : request_cases())
    check_golden_request("bedrock/" + c.name, kCodec,
                         {c.setup, "demo-1a2b3c", "Be brief.\n", c.tools, c.messages}, {kUrl, c.key});
}

TEST_CASE("what bedrock's ids say about a model") {
  using Thinking = BedrockModel::Thinking;
  struct Row {
    std::string id;
    bool cache, status;
    Thinking thinking;
  };
  const std::vector<Row> rows = {
      {"anthropic.claude-v2:1", false, false, Thinking::None},
      {"anthropic.claude-instant-v1", false, false, Thinking::None},
      {"anthropic.claude-3-haiku-20240307-v1:0", false, true, Thinking::None},
      {"anthropic.claude-3-5-sonnet-20241022-v2:0", false, true, Thinking::None},
      {"anthropic.claude-3-5-haiku-20241022-v1:0", true, true, Thinking::None},
      {"us.anthropic.claude-3-7-sonnet-20250219-v1:0", true, true, Thinking::Budget},
      {"eu.anthropic.claude-sonnet-4-20250514-v1:0", true, true, Thinking::Budget},
      {"us.anthropic.claude-opus-4-1-20250805-v1:0", true, true, Thinking::Budget},
      {"global.anthropic.claude-haiku-4-5-20251001-v1:0", true, true, Thinking::Budget},
      {"anthropic.claude-sonnet-4-6", true, true, Thinking::Adaptive},
      {"anthropic.claude-opus-4-6-v1", true, true, Thinking::Adaptive},
      {"global.anthropic.claude-opus-5", true, true, Thinking::Adaptive},
      {"arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-6", true, true,
       Thinking::Adaptive},
      {"arn:aws:bedrock:us-east-1:1:application-inference-profile/x", false, false, Thinking::None},
      {"amazon.nova-lite-v1:0", true, true, Thinking::None},
      {"us.amazon.nova-2-lite-v1:0", false, true, Thinking::None},
      {"meta.llama3-3-70b-instruct-v1:0", false, false, Thinking::None},
      {"", false, false, Thinking::None}};
  for (const Row& row : rows) {
    INFO(row.id);
    const BedrockModel model = bedrock_model(row.id);
    CHECK(model.takes_cache_points == row.cache);
    CHECK(model.takes_result_status == row.status);
    CHECK(model.thinking == row.thinking);
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
  CHECK(points(messages, "amazon.nova-pro-v1:0") == "system 4 6 ");
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
  CHECK(sent("high", 2000) == "null of 2000");
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
