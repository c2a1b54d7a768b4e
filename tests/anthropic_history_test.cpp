#include "tests/support/anthropic_case.h"

namespace agentd {
namespace {

using namespace anthropic_case;
using nlohmann::json;

std::string without_marks(std::string body) {
  const std::string mark = R"(,"cache_control":{"type":"ephemeral"})";
  for (std::size_t at = body.find(mark); at != std::string::npos; at = body.find(mark, at))
    body.erase(at, mark.size());
  return body;
}

Message failed_result(const ToolCall& call, const std::string& text) {
  Message message = result(call, text);
  message.is_error = true;
  return message;
}

}  // namespace

TEST_CASE("a request is the request before it, and more, but for the marks") {
  std::string before;
  int paused = 0;
  const std::vector<Message> history = long_history(40);
  for (std::size_t size = 1; size <= history.size(); ++size) {
    // Results of one reply come together.
    if (size < history.size() && history[size].role == Role::Tool) continue;
    Case c;
    c.messages = {history.begin(), history.begin() + static_cast<std::ptrdiff_t>(size)};
    const std::string body = encode(c).body;
    check_rules(json::parse(body));
    const std::string plain = without_marks(body);
    // What closes the last message, and what a message of the same side that follows it adds to.
    const std::string begin = before.substr(0, before.size() < 4 ? 0 : before.size() - 4);
    if (!plain.starts_with(begin)) FAIL_CHECK("with " << size << " messages");
    before = plain;
    if (c.messages.back().role == Role::Assistant) ++paused;
  }
  CHECK(paused > 5);
  CHECK(before.find(R"({"type":"thinking")") != std::string::npos);
}

TEST_CASE("thinking and calls go back byte for byte") {
  const Message reply = kept("stream_thinking_and_call");
  Case c;
  c.messages = turn_with(reply);
  c.messages.insert(c.messages.begin(), user("Go."));
  const std::string inner = reply.provider_content.substr(1, reply.provider_content.size() - 2);
  CHECK(encode(c).body.find(R"({"role":"assistant","content":[)" + inner + "]}") != std::string::npos);
  CHECK(inner.find(R"("input":{"b": 1, "a": "\u00e9"})") != std::string::npos);
}

TEST_CASE("content goes back in the neutral form where its own would be refused") {
  const auto sent = [](Message reply) {
    std::vector<Message> messages = turn_with(reply);
    messages.insert(messages.begin(), user("Go."));
    return messages_of(messages)[1]["content"];
  };
  const Message own = kept("stream_thinking_and_call");
  CHECK(sent(own).size() == 3);
  Message other = own;
  other.provider = "bedrock";
  CHECK(sent(other).size() == 2);
  CHECK(sent(other)[1]["id"] == "call_1_1");
  Message name = own;
  name.calls[0].name = "functions.shell";
  CHECK(sent(name)[1]["name"] == "functions_shell");
  Message id = own;
  id.calls[0].provider_id = "";
  CHECK(sent(id)[1]["id"] == "call_1_1");
  Message empty = own;
  empty.provider_content = "[]";
  CHECK(sent(empty)[0]["type"] == "text");
  Message same = own;
  same.model = "claude-sonnet-4-5";
  CHECK(sent(same).size() == 3);
  Message another = own;
  another.model = "claude-opus-5";
  CHECK(sent(another).size() == 2);
  CHECK(sent(another)[1]["id"] == "toolu_01A");
}

TEST_CASE("an id that comes again is another one, in the call and in its result") {
  const Message own = kept("stream_thinking_and_call");
  std::vector<Message> messages = {user("Go.")};
  for (int turn = 0; turn < 2; ++turn)
    for (const Message& message : turn_with(own)) messages.push_back(message);
  const json sent = messages_of(messages);
  CHECK(sent[1]["content"][2]["id"] == "toolu_01A");
  CHECK(sent[3]["content"][1]["id"] == "call_3_1");
  CHECK(sent[4]["content"][0]["tool_use_id"] == "call_3_1");
}

TEST_CASE("results come first and in the order of their calls, and no text is blank") {
  const ToolCall a{"a", "shell", "{}"}, b{"b", "look", "{}"};
  const json sent = messages_of({user(" \n"), reply({a, b}, "\n", "anthropic"), user("Hurry."), result(a, ""),
                                 failed_result(b, " "), user("")});
  REQUIRE(sent.size() == 3);
  CHECK(sent[0]["content"][0]["text"] == "(empty)");
  CHECK(sent[1]["content"].size() == 2);
  CHECK(sent[2]["content"] == json::parse(R"j([
      {"type":"tool_result","tool_use_id":"a","content":"(empty)"},
      {"type":"tool_result","tool_use_id":"b","content":"(empty)","is_error":true},
      {"type":"text","text":"Hurry."},
      {"type":"text","text":"(empty)","cache_control":{"type":"ephemeral"}}])j"));
}

TEST_CASE("arguments go back as the model wrote them if they are an object, else as an empty one") {
  const auto sent = [](const std::string& arguments) {
    Case c;
    c.messages = {user("Go."), reply({{"c", "shell", arguments}}), result({"c", "shell", ""}, "x")};
    const std::string body = encode(c).body;
    const std::size_t begin = body.find(R"("input":)") + 8;
    return body.substr(begin, body.find("}]},{\"role\":\"user\"", begin) - begin);
  };
  CHECK(sent(R"({ "b" : 1.0, "a":"\u00e9é" })") == R"({ "b" : 1.0, "a":"\u00e9é" })");
  for (const char* arguments : {"", "[1]", R"({"a": )", "\xff", R"({"a":"\ud83d"})", R"({"a":1e999})"})
    CHECK(sent(arguments) == "{}");
}

TEST_CASE("a paused reply that goes on is one message") {
  const json sent = messages_of({user("Go."), kept("stream_pause"), kept("stream_pause_in_text"),
                                 kept("stream_thinking_and_call"), result({"x", "shell", ""}, "ok")});
  REQUIRE(sent.size() == 3);
  CHECK(sent[1]["content"].size() == 2 + 1 + 3);
  CHECK(sent[2]["content"][0]["tool_use_id"] == "toolu_01A");
}

TEST_CASE("a reply of nothing has a word, and no mark goes to thinking") {
  CHECK(messages_of({user("Go."), reply({}, "", "anthropic")})[1]["content"][0]["text"] == "(empty)");
  Message thought = kept("stream_thinking_omitted");
  thought.provider_content = R"([{"type":"thinking","thinking":"","signature":"s"}])";
  const json sent = messages_of({user("Go."), thought});
  CHECK(count_marks(sent[0]) == 1);
  CHECK(count_marks(sent[1]) == 0);
}

}  // namespace agentd
