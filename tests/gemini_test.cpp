#include "core/model/gemini.h"

#include <set>

#include "tests/support/model_golden.h"

namespace agentd {
namespace {

using nlohmann::json;

constexpr Codec kCodec = kGeminiCodec;
const std::string kHost = "https://generativelanguage.googleapis.com";

struct Case {
  std::string name;
  ModelSetup setup;
  std::vector<Message> messages = {user("Hi.")};
  std::vector<ToolSpec> tools = kTools;
  std::string schema = {};
  std::string base_url = kHost;
  std::string key = "AIza-test";
};

ModelRequest request_of(const Case& c) {
  return {c.setup, "demo-1a2b3c", "Be brief.\n", c.tools, c.messages, c.schema};
}
HttpRequest encode(const Case& c) {
  return kCodec.encode(request_of(c), {c.base_url, c.key});
}
json contents_of(const Case& c) {
  return json::parse(encode(c).body)["contents"];
}

ModelSetup model(const std::string& name) {
  return {.provider = "gemini", .name = name};
}

/// The reply of a golden response, as it stands in the transcript.
Message recorded(const std::string& name) {
  const auto replied = std::get<ModelReplied>(decode(kCodec, read_response("gemini", name)));
  return {.role = Role::Assistant,
          .text = replied.text,
          .calls = replied.calls,
          .provider = replied.provider,
          .provider_content = replied.provider_content};
}

/// A person's word, the reply, and a result for each of its calls.
std::vector<Message> told(const Message& reply) {
  std::vector<Message> messages = {user("Go."), reply};
  for (const ToolCall& call : reply.calls)
    messages.push_back(result({call.provider_id, call.name, ""}, "done"));
  return messages;
}

std::vector<Message> signed_history() {
  std::vector<Message> messages = told(recorded("stream_signed_call_with_id"));
  messages.push_back(recorded("stream_parallel_calls"));
  for (int i = 0; i < 3; ++i) messages.push_back(result(messages[3].calls[i], std::to_string(i)));
  messages.back().is_error = true;
  messages.push_back(user("Hurry."));
  messages.push_back(recorded("stream_signature_on_empty_text"));
  messages.push_back(user("Thanks."));
  return messages;
}

std::vector<Case> request_cases() {
  const std::string schema = R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]})";
  ModelSetup full = model("gemini-3-pro-preview");
  full.max_output_tokens = 4096;
  full.temperature = 0.2;
  full.reasoning = "medium";
  ModelSetup old = full;
  old.name = "gemini-2.0-flash";
  ModelSetup budget = full;
  budget.name = "models/gemini-2.5-flash";
  ModelSetup whole = model("gemini-2.5-pro");
  whole.stream = false;
  whole.api_version = "v1alpha";
  ModelSetup extra = full;
  extra.extra =
      R"({"generationConfig":{"topK":1},"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"OFF"}]})";
  ModelSetup lists = full;
  lists.extra = R"({"tools":[],"contents":[],"systemInstruction":{"parts":[{"text":"x"}]}})";
  const std::vector<ToolSpec> odd = {{"1st", "", "", Effect::Read}, {"-x.y", " ", "{}", Effect::Read}};
  const std::vector<Message> odd_calls = {user("Go."), reply({{"", "1st", "[]"}}, "", "gemini"),
                                          result({"", "1st", ""}, "")};
  return {
      {"request_plain", model("gemini-3-flash-preview")},
      {"request_settings", full},
      {"request_budget", budget},
      {"request_before_thinking", old},
      {"request_not_streamed", whole},
      {"request_history", model("gemini-2.5-flash"), a_history("gemini")},
      {"request_foreign_history", model("gemini-3-flash-preview"), a_history("openai")},
      {"request_foreign_history_2_5", model("gemini-2.5-flash"), a_history("openai")},
      {"request_signed_history", model("gemini-3-pro-preview"), signed_history()},
      {"request_odd_names", model("gemini-2.5-flash"), odd_calls, odd},
      {"request_extra_wins", extra},
      {"request_extra_replaces_lists", lists},
      {"request_schema_beside_tools", full, {user("Hi.")}, kTools, schema},
      {"request_schema_alone_2_5", budget, {user("Hi.")}, {}, schema},
      {"request_schema_left_out_2_5", budget, {user("Hi.")}, kTools, schema},
      {"request_gateway", model("gem ma/ü"), {user("Hi.")}, kTools, "", "http://127.0.0.1:8080/v1beta", ""}};
}

const HttpFailure kBroken{HttpFailure::Kind::Broken, "the connection broke"};

}  // namespace

TEST_CASE("every golden response of gemini decodes as its golden file shows, wherever it is split",
          "[sweep]") {
  check_golden_responses("gemini", kCodec);
}

TEST_CASE("requests to gemini are written as the golden files show") {
  for (const Case& c : request_cases())
    check_golden_request("gemini/" + c.name, kCodec, request_of(c), {c.base_url, c.key});
}

TEST_CASE("gemini: a reply is taken from a stream that breaks after its end mark, and only then") {
  const GoldenResponse response = read_response("gemini", "stream_finish_before_usage");
  const std::size_t mark = response.body.find("\r\n\r\n") + 3;
  for (std::size_t end = 0; end < response.body.size(); ++end) {
    GoldenResponse cut = response;
    cut.body.resize(end);
    const ModelResult result = decode(kCodec, cut, 0, kBroken);
    if (std::holds_alternative<ModelReplied>(result) != (end >= mark)) FAIL_CHECK("cut at " << end);
  }
}

TEST_CASE("gemini: an interruption gives nothing, except of a reply that is already whole") {
  const auto interrupted = [](const std::string& name) {
    return decode(kCodec, read_response("gemini", name), 0,
                  HttpFailure{HttpFailure::Kind::Interrupted, "interrupted"});
  };
  CHECK(std::holds_alternative<Interrupted>(interrupted("stream_no_finish")));
  CHECK(std::holds_alternative<Interrupted>(interrupted("document_cut")));
  CHECK(std::holds_alternative<Interrupted>(interrupted("error_429_day")));
  CHECK(std::holds_alternative<ModelReplied>(interrupted("stream_text")));
  CHECK(std::holds_alternative<ModelReplied>(interrupted("document_text")));
}

TEST_CASE("gemini: what a reply was made of goes back byte for byte, signatures on their own parts") {
  for (const char* name : {"stream_signed_call", "stream_signed_call_with_id", "stream_parallel_calls",
                           "stream_signature_on_empty_text", "stream_signed_pieces", "stream_thoughts",
                           "stream_unknown_part", "stream_escaped_signature"}) {
    INFO(name);
    const Message reply = recorded(name);
    CHECK_FALSE(reply.provider_content.empty());
    const std::string body = encode({"", model("gemini-3-pro-preview"), told(reply)}).body;
    CHECK(body.find(R"({"role":"model","parts":)" + reply.provider_content + "}") != std::string::npos);
    CHECK(body.find("skip_thought_signature_validator") == std::string::npos);
  }
}

TEST_CASE("gemini: what another of its models signed goes back as anybody's, under its own ids") {
  Message reply = recorded("stream_signed_call_with_id");
  reply.model = "gemini-3-pro-preview";
  CHECK(encode({"", model("gemini-3-pro-preview"), told(reply)}).body.find(reply.provider_content) !=
        std::string::npos);
  const json contents = contents_of({"", model("gemini-3.5-flash"), told(reply)});
  const json& call = contents[1]["parts"].back();
  CHECK(call["thoughtSignature"] == "skip_thought_signature_validator");
  CHECK(call["functionCall"]["id"] == reply.calls[0].provider_id);
  CHECK(contents[2]["parts"][0]["functionResponse"]["id"] == reply.calls[0].provider_id);
}

TEST_CASE("gemini: a reply that text and calls say all of is not kept twice") {
  for (const char* name : {"stream_text", "stream_plain_calls", "document_text", "stream_second_candidate"})
    CHECK(recorded(name).provider_content.empty());
}

TEST_CASE("gemini: every call has one response, of its name, and of its id where gemini gave one") {
  const json contents = contents_of({"", model("gemini-3-pro-preview"), signed_history()});
  CHECK(contents[2]["parts"][0]["functionResponse"]["id"] == "8f2b1a3c");
  CHECK(contents[4]["parts"].size() == 4);
  for (std::size_t i = 0; i < 3; ++i) {
    const json& call = contents[3]["parts"][i]["functionCall"];
    const json& response = contents[4]["parts"][i]["functionResponse"];
    CHECK(response["name"] == call["name"]);
    CHECK_FALSE(response.contains("id"));
  }
  CHECK(contents[4]["parts"][2]["functionResponse"]["response"] == json{{"error", "2"}});
  CHECK(contents[4]["parts"][3]["text"] == "Hurry.");
}

TEST_CASE("gemini: ids of another provider, or that nobody gave, are never sent") {
  const std::string foreign = encode({"", model("gemini-3-pro-preview"), a_history("openai")}).body;
  CHECK(foreign.find("call_a") == std::string::npos);
  const std::string unknown = encode({"", model("gemini-3-pro-preview"), a_history("")}).body;
  CHECK(unknown.find("call_a") == std::string::npos);
  const std::string own = encode({"", model("gemini-3-pro-preview"), a_history("gemini")}).body;
  CHECK(own.find("call_a") != std::string::npos);
}

TEST_CASE("gemini: the first call of a step that has no signature gets the documented one, from 3 on") {
  const auto signatures = [](const std::string& name, const std::vector<Message>& messages) {
    std::string found;
    for (const json& content : contents_of({"", model(name), messages}))
      for (const json& part : content["parts"])
        if (part.contains("functionCall"))
          found += part.value("thoughtSignature", "") == "skip_thought_signature_validator" ? 'x' : '-';
    return found;
  };
  CHECK(signatures("gemini-3-flash-preview", a_history("anthropic")) == "x-");
  CHECK(signatures("gemini-flash-latest", a_history("gemini")) == "x-");
  CHECK(signatures("gemini-2.5-pro", a_history("anthropic")) == "--");
  CHECK(signatures("gemini-3-flash-preview", signed_history()) == "----");
  // A model before 3 put its call first, signed nothing, and so would be refused as it is.
  CHECK(signatures("gemini-3-flash-preview", told(recorded("stream_call_then_text"))) == "x");
  CHECK(signatures("gemini-2.5-flash", told(recorded("stream_call_then_text"))) == "-");
}

TEST_CASE("gemini: a longer history begins with the bytes of a shorter one") {
  std::vector<Message> whole = signed_history();
  for (const Message& message : a_history("openai")) whole.push_back(message);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const auto sent = [&](std::size_t count) {
      return encode({"", model("gemini-3-pro-preview"), {whole.begin(), whole.begin() + count}}).body;
    };
    const std::string begin = sent(size);
    CHECK(begin.ends_with("]}]}"));
    CHECK(sent(size + 1).starts_with(begin.substr(0, begin.size() - 4)));
  }
}

TEST_CASE("gemini: results come before words, and no part or turn is empty") {
  const ToolCall call{"", "look", "{}"};
  const json contents = contents_of({"",
                                     model("gemini-2.5-pro"),
                                     {user(""), reply({call}, " \n", "openai"), user("Wait."),
                                      result(call, "seen"), user(" "), reply({}, "", "anthropic")}});
  CHECK(contents == json::parse(R"([{"role":"user","parts":[{"text":" "}]},
      {"role":"model","parts":[{"functionCall":{"name":"look","args":{}}}]},
      {"role":"user","parts":[{"functionResponse":{"name":"look","response":{"output":"seen"}}},{"text":"Wait."}]},
      {"role":"model","parts":[{"text":" "}]}])"));
}

TEST_CASE("gemini: what other models wrote for arguments is sent as a valid object") {
  const auto sent = [](const std::string& arguments, const std::string& provider = "openai") {
    const ToolCall call{"c", "shell", arguments};
    const json contents = contents_of(
        {"", model("gemini-2.5-pro"), {user("Go."), reply({call}, "", provider), result(call, "")}});
    return contents[1]["parts"][0]["functionCall"]["args"].dump();
  };
  CHECK(sent(R"({ "a" : 1 })") == R"({"a":1})");
  CHECK(sent(R"({ "a" : 1 })", "gemini") == R"({"a":1})");
  for (const char* bad : {"", "[1]", R"({"a": )", "\xff", R"({"a":1e999})"})
    CHECK(sent(bad) == "{}");
  for (const char* mended : {"{\"a\":\"\xff\"}", R"({"a":"\ud800"})"})
    CHECK(sent(mended) == "{\"a\":\"\xEF\xBF\xBD\"}");
}

TEST_CASE("gemini: names are the same in declarations, calls and responses, and gemini's own are left") {
  const auto names = [](const std::string& name) {
    const ToolCall call{"", name, "{}"};
    const json body = json::parse(encode({"",
                                          model("gemini-2.5-pro"),
                                          {user("Go."), reply({call}, "", "openai"), result(call, "")},
                                          {{name, "", "", Effect::Read}}})
                                      .body);
    const std::string declared = body["tools"][0]["functionDeclarations"][0]["name"];
    CHECK(body["contents"][1]["parts"][0]["functionCall"]["name"] == declared);
    CHECK(body["contents"][2]["parts"][0]["functionResponse"]["name"] == declared);
    return declared;
  };
  CHECK(names("read_file") == "read_file");
  CHECK(names("2nd") == "_2nd");
  CHECK(names("-x") == "_-x");
  CHECK(names("a.b c") == "a_b_c");
  CHECK(names("") == "_");
  CHECK(names(std::string(70, '7')) == "_" + std::string(63, '7'));
  Message own = recorded("stream_signed_call");
  own.calls[0].name = "default_api:shell";
  const json contents = contents_of({"", model("gemini-3-pro-preview"), told(own)});
  CHECK(contents[2]["parts"][0]["functionResponse"]["name"] == "default_api:shell");
}

TEST_CASE("gemini: nothing is sent that the API has no name for") {
  const std::set<std::string> known = {"systemInstruction", "generationConfig", "tools", "contents"};
  for (const Case& c : request_cases()) {
    if (!c.setup.extra.empty()) continue;
    const json body = json::parse(encode(c).body);
    for (const auto& [name, value] : body.items()) CHECK(known.contains(name));
  }
  CHECK_FALSE(json::parse(encode({"", model("g"), {user("Hi.")}, {}}).body).contains("tools"));
  const ModelRequest bare{model("g"), "", "", {}, {}};
  CHECK(kCodec.encode(bare, {kHost, ""}).body == R"({"contents":[]})");
}

TEST_CASE("gemini: text that is not UTF-8 is replaced, so that the request is valid JSON") {
  const json contents = contents_of({"", model("g"), {user("a\xff\xc3(b\"\\\n\x1f\x7f é 🌍")}});
  CHECK(contents[0]["parts"][0]["text"] == "a\xEF\xBF\xBD\xEF\xBF\xBD(b\"\\\n\x1f\x7f é 🌍");
}

}  // namespace agentd
