#include "core/model/claude_model.h"

#include "core/model/anthropic.h"
#include "core/model/bedrock.h"
#include "tests/support/model_golden.h"

namespace agentd {
namespace {

using Thinking = ClaudeModel::Thinking;

const ToolCall kCall{"c", "look", "{}"};
const std::string kModel = "claude-sonnet-4-5";
const std::string kThinking = R"([{"type":"thinking","thinking":"","signature":"s"}])";
const std::string kReasoning = R"([{"reasoningContent":{"reasoningText":{"text":"Hm.","signature":"s"}}}])";

/// A reply with a call that came in the form of a provider.
Message own(std::string content, std::string provider = "anthropic", ToolCall call = kCall) {
  Message message = reply({std::move(call)}, "", std::move(provider));
  message.provider_content = std::move(content);
  return message;
}

/// Whether a model with a budget is asked to think in front of these messages.
bool thinks(const std::vector<Message>& messages, std::string_view provider = "anthropic") {
  const ModelSetup setup{.name = kModel, .reasoning = "low"};
  return claude_thinking({setup, "run", "", {}, messages}, provider).form != Thinking::None;
}

/// Whether a request has thinking, and the turn under way begins with some; `turn`: its first reply.
struct Sent {
  bool asks = false, begins = false;
};
Sent sent(const std::string& provider, const std::vector<Message>& messages, std::size_t turn) {
  const bool is_bedrock = provider == "bedrock";
  const ModelSetup setup{.name = is_bedrock ? "anthropic." + kModel : kModel, .reasoning = "low"};
  const Codec& codec = is_bedrock ? kBedrockCodec : kAnthropicCodec;
  const auto body =
      nlohmann::json::parse(codec.encode({setup, "run", "", kTools, messages}, {"http://h", ""}).body);
  const auto& first = body["messages"][turn]["content"][0];
  return {body.contains(is_bedrock ? "additionalModelRequestFields" : "thinking"),
          first.contains("reasoningContent") || first.value("type", "") == "thinking"};
}

}  // namespace

TEST_CASE("the name of a claude tells its generation, wherever it is served") {
  struct Row {
    std::string name;
    int version;
    Thinking thinking;
    std::int64_t tokens;
  };
  const std::vector<Row> rows = {
      {"anthropic.claude-v2:1", 100, Thinking::None, 4096},
      {"anthropic.claude-instant-v1", 100, Thinking::None, 4096},
      {"claude-2.1", 201, Thinking::None, 4096},
      {"claude-3-haiku-20240307", 300, Thinking::None, 4096},
      {"anthropic.claude-3-5-sonnet-20241022-v2:0", 305, Thinking::None, 8192},
      {"us.anthropic.claude-3-7-sonnet-20250219-v1:0", 307, Thinking::Budget, 8192},
      {"anthropic/claude-3.7-sonnet:thinking", 307, Thinking::Budget, 8192},
      {"eu.anthropic.claude-sonnet-4-20250514-v1:0", 400, Thinking::Budget, 8192},
      {"global.anthropic.claude-haiku-4-5-20251001-v1:0", 405, Thinking::Budget, 8192},
      {"claude-haiku-4-5@20251001", 405, Thinking::Budget, 8192},
      {"anthropic.claude-opus-4-6-v1", 406, Thinking::Adaptive, 8192},
      {"arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-6", 406,
       Thinking::Adaptive, 8192},
      {"claude-opus-4-8", 408, Thinking::Adaptive, 8192},
      {"claude-opus-4-10", 410, Thinking::Adaptive, 8192},
      {"claude-opus-5", 500, Thinking::Adaptive, 32000},
      {"claude-sonnet-5-20260801", 500, Thinking::Adaptive, 32000},
      {"anthropic.claude-opus-5-v1:0", 500, Thinking::Adaptive, 32000},
      {"global.anthropic.claude-fable-5-1", 501, Thinking::Adaptive, 32000},
      {"claude-haiku-5-5", 505, Thinking::Adaptive, 32000},
      {"claude-mythos-preview", 9900, Thinking::Adaptive, 32000},
      {"anthropic.claude-mythos-preview-v1:0", 9900, Thinking::Adaptive, 32000},
      {"deepseek-chat", 0, Thinking::Budget, 8192},
      {"", 0, Thinking::Budget, 8192}};
  for (const Row& row : rows) {
    INFO(row.name);
    const ClaudeModel model = claude_model(row.name);
    CHECK(model.version == row.version);
    CHECK(model.thinking == row.thinking);
    CHECK(model.usual_tokens == row.tokens);
    CHECK(model.thinks_unasked == (row.tokens == 32000));
  }
}

TEST_CASE("a budget goes over a turn that began with thinking in the form of its own provider alone") {
  const Message go = user("Go."), done = result(kCall, "x");
  CHECK(thinks({go, own(kThinking), done}));
  CHECK(thinks({go, own(kReasoning, "bedrock"), done}, "bedrock"));
  CHECK_FALSE(thinks({go, own(kReasoning, "bedrock"), done}));
  CHECK_FALSE(thinks({go, own(kThinking), done}, "bedrock"));
  CHECK_FALSE(thinks({go, own(R"([{"text":"Hm."}])", "bedrock"), done}, "bedrock"));
  CHECK_FALSE(
      thinks({go, own(R"([{"text":"Hm."}])", "bedrock"), done, own(kReasoning, "bedrock"), done}, "bedrock"));
}

TEST_CASE("a budget is left out where the reply that began with thinking goes out without it") {
  const Message go = user("Go."), done = result(kCall, "x"), answer = reply({}, "So.");
  for (const auto& [provider, content] :
       {std::pair<std::string, std::string>{"anthropic", kThinking}, {"bedrock", kReasoning}}) {
    INFO(provider);
    const Message sound = own(content, provider);
    Message same = sound, another = sound;
    same.model = kModel;
    another.model = "claude-opus-4-1";
    CHECK(thinks({go, same, done}, provider));
    CHECK_FALSE(thinks({go, another, done}, provider));
    CHECK_FALSE(thinks({go, own(content, provider, {"c", "functions.look", "{}"}), done}, provider));
    CHECK_FALSE(thinks({go, own(content, provider, {"", "look", "{}"}), done}, provider));
    // The id is there already, in the turn before.
    CHECK_FALSE(thinks({go, sound, done, answer, go, sound, done}, provider));
    CHECK(thinks({go, sound, done, answer, go, own(content, provider, {"d", "look", "{}"}), done}, provider));
    CHECK(thinks({go, another, done, answer, go}, provider));
    // Only the first reply of a turn must.
    CHECK(thinks({go, sound, done, sound, done}, provider));
  }
}

TEST_CASE("a request has a budget exactly where the turn under way begins with thinking on the wire") {
  const Message go = user("Go."), done = result(kCall, "x"), answer = reply({}, "So.");
  for (const auto& [provider, content] :
       {std::pair<std::string, std::string>{"anthropic", kThinking}, {"bedrock", kReasoning}}) {
    std::vector<Message> firsts = {reply({kCall}), own("[]", provider), own("[7]", provider),
                                   own("x", provider), own(kThinking, "openai")};
    for (const ToolCall& call : {kCall, ToolCall{"", "look", "{}"}, ToolCall{"c c", "look", "{}"},
                                 ToolCall{"c", "a.b", "{}"}, ToolCall{"c", "", "{}"}}) {
      firsts.push_back(own(content, provider, call));
      firsts.back().text = "Hm.";
      firsts.push_back(firsts.back());
      firsts.back().model = "another";
    }
    int asked = 0;
    for (const Message& before : firsts)
      for (const Message& first : firsts) {
        const Sent second = sent(provider, {go, before, done, answer, go, first, done}, 5);
        const Sent only = sent(provider, {go, first, done, before, done, user("Hurry.")}, 1);
        if (second.asks != second.begins || only.asks != only.begins)
          FAIL_CHECK(provider << ": " << first.provider_content << " " << first.calls[0].name);
        asked += (second.asks ? 1 : 0) + (only.asks ? 1 : 0);
      }
    CHECK(asked > 10);
  }
}

}  // namespace agentd
