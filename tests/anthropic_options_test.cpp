#include "core/model/anthropic_options.h"

#include "tests/support/model_golden.h"

namespace agentd {
namespace {

AnthropicOptions options(const ModelSetup& setup, std::vector<Message> messages = {user("Go.")},
                         std::string_view schema = "") {
  return anthropic_options({setup, "run", "", {}, messages, schema});
}

/// What a model of that name is asked for at reasoning: medium.
std::string thinking_of(const std::string& name) {
  const AnthropicOptions o = options({.name = name, .reasoning = "medium"});
  return o.thinking + o.output_config;
}

const std::string kAdaptive = R"({"type":"adaptive"}{"effort":"medium"})";
const std::string kBudget = R"({"type":"enabled","budget_tokens":8192})";

Message own(std::string content, std::vector<ToolCall> calls = {}) {
  Message message = reply(std::move(calls), "", "anthropic");
  message.provider_content = std::move(content);
  return message;
}

const ToolCall kCall{"c", "look", "{}"};
const Message kThought = own(R"([{"type":"thinking","thinking":"","signature":"s"}])", {kCall});
const Message kRedacted = own(R"([{"type":"redacted_thinking","data":"s"}])", {kCall});

bool accepts(const std::string& schema) {
  const ModelSetup setup{.name = "claude-opus-5"};
  const std::string config = options(setup, {user("Go.")}, schema).output_config;
  if (!config.empty()) CHECK(config == R"({"format":{"type":"json_schema","schema":)" + schema + "}}");
  return !config.empty();
}

/// A schema with one property of the given schema.
std::string with(const std::string& member) {
  return R"({"type":"object","properties":{"a":)" + member + R"(},"additionalProperties":false})";
}

}  // namespace

TEST_CASE("thinking takes the form of the model's generation") {
  const std::vector<std::pair<std::string, std::string>> cases = {{"claude-3-5-sonnet-20241022", ""},
                                                                  {"claude-3-haiku-20240307", ""},
                                                                  {"claude-2.1", ""},
                                                                  {"claude-instant-1.2", ""},
                                                                  {"claude-3-7-sonnet-20250219", kBudget},
                                                                  {"claude-3.7-sonnet", kBudget},
                                                                  {"claude-opus-4-20250514", kBudget},
                                                                  {"claude-sonnet-4-0", kBudget},
                                                                  {"claude-opus-4-1", kBudget},
                                                                  {"claude-sonnet-4-5-20250929", kBudget},
                                                                  {"claude-haiku-4-5@20251001", kBudget},
                                                                  {"anthropic/claude-opus-4.5", kBudget},
                                                                  {"claude-sonnet-4-6", kAdaptive},
                                                                  {"anthropic/claude-opus-4.6", kAdaptive},
                                                                  {"claude-opus-4-7", kAdaptive},
                                                                  {"claude-opus-4-10", kAdaptive},
                                                                  {"claude-sonnet-5", kAdaptive},
                                                                  {"claude-fable-5-1", kAdaptive},
                                                                  {"claude-opus-5-20260801", kAdaptive},
                                                                  {"claude-mythos-preview", kAdaptive},
                                                                  {"deepseek-chat", kBudget},
                                                                  {"", kBudget}};
  for (const auto& [name, form] : cases) {
    INFO(name);
    CHECK(thinking_of(name) == form);
  }
}

TEST_CASE("a limit of output tokens leaves room for thinking and for the answer") {
  const auto limits = [](const std::string& name, const std::string& reasoning,
                         std::optional<std::int64_t> max = {}) {
    const AnthropicOptions o = options({.name = name, .max_output_tokens = max, .reasoning = reasoning});
    return std::to_string(o.max_tokens) + " " + o.thinking;
  };
  const std::string enabled = R"( {"type":"enabled","budget_tokens":)", old = "claude-sonnet-4-5",
                    newer = "claude-opus-5";
  CHECK(limits(old, "") == "8192 ");
  CHECK(limits(old, "low") == "10240" + enabled + "2048}");
  CHECK(limits(old, "high") == "24576" + enabled + "16384}");
  CHECK(limits(old, "high", 64000) == "64000" + enabled + "16384}");
  CHECK(limits(old, "high", 10000) == "10000" + enabled + "5000}");
  CHECK(limits(old, "high", 1500) == "1500" + enabled + "1024}");
  CHECK(limits(old, "high", 1024) == "1024 ");
  CHECK(limits(newer, "") == "32000 ");
  CHECK(limits(newer, "", 900) == "900 ");
  CHECK(limits(newer, "high") == R"(48384 {"type":"adaptive"})");
  CHECK(limits(newer, "high", 1000) == R"(1000 {"type":"adaptive"})");
}

TEST_CASE("a budget is left out where the turn under way did not begin with thinking") {
  const auto thinks = [](std::vector<Message> messages) {
    return !options({.name = "claude-sonnet-4-5", .reasoning = "low"}, std::move(messages)).thinking.empty();
  };
  const Message go = user("Go."), plain = reply({kCall}, "", "anthropic"), done = result(kCall, "x");
  CHECK(thinks({go, kThought, done}));
  CHECK(thinks({go, kRedacted, done}));
  CHECK(thinks({go, kThought, done, plain, done}));
  CHECK(thinks({go, plain, done, reply({}, "So."), go}));
  CHECK(thinks({go, reply({}, "So.", "anthropic"), go, kThought, done}));
  // The id comes a second time, so the reply goes out anew.
  CHECK_FALSE(thinks({go, plain, done, reply({}, "So."), go, kThought, done}));
  CHECK_FALSE(thinks({go, plain, done}));
  CHECK_FALSE(thinks({go, reply({kCall}), done}));
  CHECK_FALSE(thinks({go, plain, done, kThought, done}));
  CHECK_FALSE(thinks({go, plain, done, user("Hurry.")}));
  CHECK_FALSE(thinks({go, kThought, done, reply({}, "So."), go, plain, done}));
  CHECK_FALSE(thinks({go, own("[7]", {kCall}), done}));
  CHECK_FALSE(thinks({go, own(R"([{"type":7}])", {kCall}), done}));
  CHECK_FALSE(thinks({go, own("no JSON", {kCall}), done}));
}

TEST_CASE("a model that decides itself how much to think may think in any turn") {
  const ModelSetup setup{.name = "claude-opus-5", .reasoning = "low"};
  CHECK(options(setup, {user("Go."), reply({kCall}), result(kCall, "x")}).thinking ==
        R"({"type":"adaptive"})");
}

TEST_CASE("a schema is sent where the API can compile it") {
  CHECK(accepts(with(R"({"type":"string","description":"d","title":"t"})")));
  CHECK(accepts(with(R"({"type":["string","null"],"format":"date"})")));
  CHECK(accepts(with(R"({"enum":["a",1,null]})")));
  CHECK(accepts(with(R"({"const":1})")));
  CHECK(accepts(with(R"({"type":"array","minItems":1,"items":{"type":"number"}})")));
  CHECK(accepts(with(R"({"anyOf":[{"type":"string"},)" + with(R"({"type":"null"})") + "]}")));
  CHECK(accepts(R"({"type":"object","additionalProperties":false})"));
  CHECK_FALSE(accepts(""));
  CHECK_FALSE(accepts("[]"));
  CHECK_FALSE(accepts(R"({"type":"string"})"));
  CHECK_FALSE(accepts(R"({"type":"object","properties":{}})"));
  CHECK_FALSE(accepts(R"({"type":"object","additionalProperties":true})"));
  CHECK_FALSE(accepts(R"({"type":"object","additionalProperties":false,"properties":[]})"));
  CHECK_FALSE(accepts(R"({"type":"object","additionalProperties":false,"required":1})"));
  for (const char* member :
       {R"({"type":"object"})", R"({"type":["object","null"],"properties":{}})", R"({"type":"array"})",
        R"({"type":"array","items":{}})", R"({"type":"array","items":[{"type":"string"}]})",
        R"({"type":"array","items":{"type":"string"},"minItems":2})", R"({"type":"integer","minimum":1})",
        R"({"type":"string","maxLength":9})", R"({"type":"string","pattern":"a+"})",
        R"({"type":"string","format":"regex"})", R"({"$ref":"#"})", R"({"enum":[{}]})", R"({"enum":1})",
        R"({"anyOf":[{"type":"object"}]})", R"({"anyOf":1})", R"({"allOf":[{"type":"string"}]})", R"({})",
        R"({"description":"d"})", "true"}) {
    INFO(member);
    CHECK_FALSE(accepts(with(member)));
  }
}

TEST_CASE("a schema with more optional members or unions than the API takes is not sent") {
  const auto wide = [](int count, const std::string& member, bool required) {
    std::string members, names;
    for (int i = 0; i < count; ++i) {
      const std::string name = "\"m" + std::to_string(i) + '"';
      members += (i == 0 ? "" : ",") + name + ":" + member;
      names += (i == 0 ? "" : ",") + name;
    }
    return R"({"type":"object","additionalProperties":false,"properties":{)" + members + R"(},"required":[)" +
           (required ? names : "") + "]}";
  };
  CHECK(accepts(wide(24, R"({"type":"string"})", false)));
  CHECK_FALSE(accepts(wide(25, R"({"type":"string"})", false)));
  CHECK(accepts(wide(99, R"({"type":"string"})", true)));
  CHECK(accepts(wide(16, R"({"type":["string","null"]})", true)));
  CHECK_FALSE(accepts(wide(17, R"({"type":["string","null"]})", true)));
}

TEST_CASE("effort and schema go together, and a schema only to models that take one") {
  const std::string schema = with(R"({"type":"string"})");
  const auto config = [&](const std::string& name) {
    return options({.name = name, .reasoning = "high"}, {user("Go.")}, schema).output_config;
  };
  const std::string format = R"("format":{"type":"json_schema","schema":)" + schema + "}}";
  CHECK(config("claude-opus-5") == R"({"effort":"high",)" + format);
  CHECK(config("claude-sonnet-4-5") == "{" + format);
  CHECK(config("claude-opus-4-1").empty());
  CHECK(config("deepseek-chat").empty());
}

}  // namespace agentd
