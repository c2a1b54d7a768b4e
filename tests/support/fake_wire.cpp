#include <nlohmann/json.hpp>

#include "tests/support/event_frame.h"
#include "tests/support/fake_provider.h"

// The wire formats from the servers' side, written from their documentation and without our codecs.

namespace agentd::fake_wire {
namespace {

using nlohmann::json;
using Kind = PromptBlock::Kind;
using Blocks = std::vector<PromptBlock>;

void add(Blocks& blocks, Kind kind, const json& value, const std::string& id = "") {
  blocks.push_back({kind, id, value.dump()});
}

Blocks read_openai(const json& body) {
  Blocks blocks;
  if (body.contains("tools")) add(blocks, Kind::Fixed, body["tools"]);
  for (const json& message : body["messages"]) {
    const std::string role = message["role"];
    if (role == "tool") {
      add(blocks, Kind::Result, message["content"], message["tool_call_id"]);
      continue;
    }
    const Kind kind = role == "system" ? Kind::Fixed : role == "user" ? Kind::Said : Kind::Reply;
    add(blocks, kind, message["content"]);
    for (const json& call : message.value("tool_calls", json::array()))
      add(blocks, Kind::Call, call["function"], call["id"]);
  }
  return blocks;
}

Blocks read_responses(const json& body) {
  Blocks blocks;
  add(blocks, Kind::Fixed, body.value("tools", json::array()));
  add(blocks, Kind::Fixed, body.value("instructions", ""));
  for (const json& item : body["input"]) {
    const std::string type = item.value("type", "message");
    if (type == "function_call")
      add(blocks, Kind::Call, item, item["call_id"]);
    else if (type == "function_call_output")
      add(blocks, Kind::Result, item["output"], item["call_id"]);
    else
      add(blocks, item.value("role", "assistant") == "assistant" ? Kind::Reply : Kind::Said, item);
  }
  return blocks;
}

/// Takes the mark off a block and puts it beside it.
void add_marked(Blocks& blocks, Kind kind, json value, const std::string& id = "") {
  const bool is_marked = value.contains("cache_control");
  value.erase("cache_control");
  add(blocks, kind, value, id);
  blocks.back().is_marked = is_marked;
}

Blocks read_anthropic(const json& body) {
  Blocks blocks;
  for (const json& tool : body.value("tools", json::array())) add_marked(blocks, Kind::Fixed, tool);
  for (const json& text : body.value("system", json::array())) add_marked(blocks, Kind::Fixed, text);
  std::string last_role;
  for (const json& message : body["messages"]) {
    const bool is_reply = message["role"] == "assistant";
    if (message["role"] == last_role) add(blocks, Kind::Result, "roles", "roles do not alternate");
    last_role = message["role"];
    for (const json& block : message["content"]) {
      if (block["type"] == "tool_use")
        add_marked(blocks, Kind::Call, block, block["id"]);
      else if (block["type"] == "tool_result")
        add_marked(blocks, Kind::Result, block, block["tool_use_id"]);
      else
        add_marked(blocks, is_reply ? Kind::Reply : Kind::Said, block);
    }
  }
  return blocks;
}

void add_bedrock(Blocks& blocks, const json& list, Kind kind) {
  for (const json& block : list) {
    if (block.contains("cachePoint"))
      blocks.back().is_marked = true;
    else if (block.contains("toolUse"))
      add(blocks, Kind::Call, block, block["toolUse"]["toolUseId"]);
    else if (block.contains("toolResult"))
      add(blocks, Kind::Result, block, block["toolResult"]["toolUseId"]);
    else
      add(blocks, kind, block);
  }
}

Blocks read_bedrock(const json& body) {
  Blocks blocks;
  if (body.contains("toolConfig")) add_bedrock(blocks, body["toolConfig"]["tools"], Kind::Fixed);
  add_bedrock(blocks, body.value("system", json::array()), Kind::Fixed);
  for (const json& message : body["messages"])
    add_bedrock(blocks, message["content"], message["role"] == "assistant" ? Kind::Reply : Kind::Said);
  return blocks;
}

Blocks read_gemini(const json& body) {
  Blocks blocks;
  add(blocks, Kind::Fixed, body.value("tools", json::array()));
  add(blocks, Kind::Fixed, body.value("systemInstruction", json::object()));
  for (const json& content : body["contents"])
    for (const json& part : content["parts"]) {
      if (part.contains("functionCall"))
        add(blocks, Kind::Call, part, part["functionCall"].value("id", ""));
      else if (part.contains("functionResponse"))
        add(blocks, Kind::Result, part, part["functionResponse"].value("id", ""));
      else
        add(blocks, content["role"] == "model" ? Kind::Reply : Kind::Said, part);
    }
  return blocks;
}

std::string id_of(std::size_t index, std::size_t call) {
  return "id_" + std::to_string(index) + "_" + std::to_string(call);
}

std::string sse(const json& data, const std::string& type = "") {
  return (type.empty() ? "" : "event: " + type + "\n") + "data: " + data.dump() + "\n\n";
}

std::string write_openai(const FakeTurn& turn, std::size_t index, const Usage& used) {
  const auto chunk = [](const json& delta, const json& reason = nullptr) {
    return sse({{"choices", {{{"index", 0}, {"delta", delta}, {"finish_reason", reason}}}}});
  };
  std::string out = chunk({{"role", "assistant"}, {"content", turn.text}});
  for (std::size_t i = 0; i < turn.calls.size(); ++i) {
    const std::string& text = turn.calls[i].arguments;
    out += chunk({{"tool_calls",
                   {{{"index", i},
                     {"id", id_of(index, i)},
                     {"type", "function"},
                     {"function", {{"name", turn.calls[i].name}, {"arguments", text.substr(0, 3)}}}}}}});
    out += chunk({{"tool_calls", {{{"index", i}, {"function", {{"arguments", text.substr(3)}}}}}}});
  }
  out += chunk(json::object(), turn.calls.empty() ? "stop" : "tool_calls");
  return out +
         sse({{"choices", json::array()},
              {"usage",
               {{"prompt_tokens", used.input + used.cache_read},
                {"prompt_tokens_details", {{"cached_tokens", used.cache_read}}},
                {"completion_tokens", used.output}}}}) +
         "data: [DONE]\n\n";
}

std::string write_responses(const FakeTurn& turn, std::size_t index, const Usage& used) {
  json output = {{{"type", "reasoning"},
                  {"id", "rs_" + std::to_string(index)},
                  {"summary", json::array()},
                  {"encrypted_content", signature("openai-responses", index)}}};
  if (!turn.text.empty())
    output.push_back(
        {{"type", "message"},
         {"id", "msg_" + std::to_string(index)},
         {"role", "assistant"},
         {"status", "completed"},
         {"content", {{{"type", "output_text"}, {"text", turn.text}, {"annotations", json::array()}}}}});
  for (std::size_t i = 0; i < turn.calls.size(); ++i)
    output.push_back({{"type", "function_call"},
                      {"id", "fc_" + id_of(index, i)},
                      {"call_id", id_of(index, i)},
                      {"name", turn.calls[i].name},
                      {"arguments", turn.calls[i].arguments},
                      {"status", "completed"}});
  return sse({{"type", "response.completed"},
              {"response",
               {{"status", "completed"},
                {"output", output},
                {"usage",
                 {{"input_tokens", used.input + used.cache_read},
                  {"input_tokens_details", {{"cached_tokens", used.cache_read}}},
                  {"output_tokens", used.output}}}}}},
             "response.completed");
}

std::string write_anthropic(const FakeTurn& turn, std::size_t index, const Usage& used) {
  int block = 0;
  std::string out = sse({{"type", "message_start"},
                         {"message",
                          {{"usage",
                            {{"input_tokens", used.input},
                             {"cache_read_input_tokens", used.cache_read},
                             {"cache_creation_input_tokens", used.cache_write},
                             {"output_tokens", 1}}}}}},
                        "message_start");
  const auto add_block = [&](const json& start, const std::vector<json>& deltas) {
    out += sse({{"type", "content_block_start"}, {"index", block}, {"content_block", start}},
               "content_block_start");
    for (const json& delta : deltas)
      out +=
          sse({{"type", "content_block_delta"}, {"index", block}, {"delta", delta}}, "content_block_delta");
    out += sse({{"type", "content_block_stop"}, {"index", block++}}, "content_block_stop");
  };
  add_block({{"type", "thinking"}, {"thinking", ""}, {"signature", ""}},
            {{{"type", "thinking_delta"}, {"thinking", "Hm."}},
             {{"type", "signature_delta"}, {"signature", signature("anthropic", index)}}});
  if (!turn.text.empty())
    add_block({{"type", "text"}, {"text", ""}}, {{{"type", "text_delta"}, {"text", turn.text}}});
  for (std::size_t i = 0; i < turn.calls.size(); ++i)
    add_block({{"type", "tool_use"},
               {"id", id_of(index, i)},
               {"name", turn.calls[i].name},
               {"input", json::object()}},
              {{{"type", "input_json_delta"}, {"partial_json", turn.calls[i].arguments}}});
  out += sse({{"type", "message_delta"},
              {"delta", {{"stop_reason", turn.calls.empty() ? "end_turn" : "tool_use"}}},
              {"usage", {{"output_tokens", used.output}}}},
             "message_delta");
  return out + sse({{"type", "message_stop"}}, "message_stop");
}

std::string write_bedrock(const FakeTurn& turn, std::size_t index, const Usage& used) {
  int block = 0;
  const auto frame = [](const std::string& type, const json& payload) {
    return event_frame(type, payload.dump());
  };
  std::string out = frame("messageStart", {{"role", "assistant"}});
  const auto add_delta = [&](const json& delta) {
    out += frame("contentBlockDelta", {{"contentBlockIndex", block}, {"delta", delta}});
  };
  const auto end_block = [&] { out += frame("contentBlockStop", {{"contentBlockIndex", block++}}); };
  add_delta({{"reasoningContent", {{"text", "Hm."}}}});
  add_delta({{"reasoningContent", {{"signature", signature("bedrock", index)}}}});
  end_block();
  if (!turn.text.empty()) {
    add_delta({{"text", turn.text}});
    end_block();
  }
  for (std::size_t i = 0; i < turn.calls.size(); ++i) {
    out += frame("contentBlockStart",
                 {{"contentBlockIndex", block},
                  {"start", {{"toolUse", {{"toolUseId", id_of(index, i)}, {"name", turn.calls[i].name}}}}}});
    add_delta({{"toolUse", {{"input", turn.calls[i].arguments}}}});
    end_block();
  }
  out += frame("messageStop", {{"stopReason", turn.calls.empty() ? "end_turn" : "tool_use"}});
  return out + frame("metadata", {{"usage",
                                   {{"inputTokens", used.input},
                                    {"cacheReadInputTokens", used.cache_read},
                                    {"cacheWriteInputTokens", used.cache_write},
                                    {"outputTokens", used.output}}}});
}

std::string write_gemini(const FakeTurn& turn, std::size_t index, const Usage& used) {
  json parts = json::array();
  if (!turn.text.empty()) parts.push_back({{"text", turn.text}});
  for (std::size_t i = 0; i < turn.calls.size(); ++i)
    parts.push_back({{"functionCall",
                      {{"id", id_of(index, i)},
                       {"name", turn.calls[i].name},
                       {"args", json::parse(turn.calls[i].arguments)}}}});
  parts[turn.calls.empty() ? 0 : parts.size() - turn.calls.size()]["thoughtSignature"] =
      signature("gemini", index);
  return sse(
      {{"candidates", {{{"content", {{"role", "model"}, {"parts", parts}}}, {"finishReason", "STOP"}}}},
       {"usageMetadata",
        {{"promptTokenCount", used.input + used.cache_read},
         {"cachedContentTokenCount", used.cache_read},
         {"candidatesTokenCount", used.output}}}});
}

}  // namespace

Blocks read_request(const std::string& provider, const json& body) {
  if (provider == "anthropic") return read_anthropic(body);
  if (provider == "bedrock") return read_bedrock(body);
  if (provider == "gemini") return read_gemini(body);
  if (provider == "openai") return read_openai(body);
  return read_responses(body);
}

std::string write_reply(const std::string& provider, const FakeTurn& turn, std::size_t index,
                        const Usage& used) {
  if (provider == "anthropic") return write_anthropic(turn, index, used);
  if (provider == "bedrock") return write_bedrock(turn, index, used);
  if (provider == "gemini") return write_gemini(turn, index, used);
  if (provider == "openai") return write_openai(turn, index, used);
  return write_responses(turn, index, used);
}

std::string signature(const std::string& provider, std::size_t index) {
  return provider == "openai" ? "" : "signed_" + provider + "_" + std::to_string(index);
}

}  // namespace agentd::fake_wire
