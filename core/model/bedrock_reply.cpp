#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/model/bedrock.h"
#include "core/model/event_stream.h"
#include "core/model/reply_frame.h"
#include "core/model/server_error.h"

namespace agentd {
namespace {

/// One block of the reply, out of a document at once or out of a stream by and by.
struct Block {
  enum class Kind { Text, Call, Reasoning, Redacted, Other, Ignored };
  std::int64_t index = 0;
  Kind kind = Kind::Text;
  std::string text = {};       ///< of Reasoning too; the base64 of Redacted; the JSON of Other
  std::string signature = {};  ///< Reasoning
  ToolCall call = {};

  /// Reasoning that nobody signed is not wanted back, and some models refuse it.
  bool is_kept() const {
    if (kind == Kind::Text) return !is_blank(text);
    if (kind == Kind::Reasoning) return !signature.empty();
    return kind != Kind::Ignored;
  }
};

class Reply {
 public:
  std::string stop_reason;
  Usage usage;

  /// `message` of a document.
  void add_message(const ReplyJson& message) {
    const ReplyJson* content = find(message, "content");
    if (content == nullptr || !content->is_array()) return;
    for (const ReplyJson& block : *content) {
      Block& added = block_at(static_cast<std::int64_t>(blocks_.size()));
      if (!block.is_object()) {
        added.kind = Block::Kind::Ignored;
      } else if (const ReplyJson* call = find(block, "toolUse")) {
        begin_call(added, *call);
        if (const ReplyJson* input = find(*call, "input")) added.call.arguments = dump_reply(*input);
      } else if (const ReplyJson* reasoning = find(block, "reasoningContent")) {
        const ReplyJson* signed_text = find(*reasoning, "reasoningText");
        add_reasoning(added, signed_text == nullptr ? *reasoning : *signed_text);
      } else if (const ReplyJson* text = find(block, "text"); text != nullptr && text->is_string()) {
        added.text = text->get<std::string>();
      } else {
        added.kind = Block::Kind::Other;
        added.text = dump_reply(block);
      }
    }
  }

  void begin_block(const ReplyJson& event) {
    Block& block = block_at(count_of(event, "contentBlockIndex"));
    const ReplyJson* start = find(event, "start");
    if (start == nullptr) return;
    if (const ReplyJson* call = find(*start, "toolUse"))
      begin_call(block, *call);
    else
      block.kind = Block::Kind::Ignored;
  }

  void add_delta(const ReplyJson& event) {
    Block& block = block_at(count_of(event, "contentBlockIndex"));
    const ReplyJson* delta = find(event, "delta");
    if (delta == nullptr || block.kind == Block::Kind::Ignored) return;
    block.text += text_of(*delta, "text");
    if (const ReplyJson* call = find(*delta, "toolUse")) block.call.arguments += text_of(*call, "input");
    if (const ReplyJson* reasoning = find(*delta, "reasoningContent")) add_reasoning(block, *reasoning);
  }

  void read_usage(const ReplyJson& counts) {
    usage.input = count_of(counts, "inputTokens");
    usage.output = count_of(counts, "outputTokens");
    usage.cache_read = count_of(counts, "cacheReadInputTokens");
    usage.cache_write = count_of(counts, "cacheWriteInputTokens");
  }

  ModelReplied take() const {
    ModelReplied reply;
    for (const Block& block : blocks_) {
      if (block.kind == Block::Kind::Text) reply.text += block.text;
      if (block.kind == Block::Kind::Call) reply.calls.push_back(block.call);
    }
    if (!is_plain()) reply.provider_content = content();
    return reply;
  }

 private:
  Block& block_at(std::int64_t index) {
    const auto place = std::find_if(blocks_.rbegin(), blocks_.rend(),
                                    [&](const Block& block) { return block.index <= index; });
    if (place != blocks_.rend() && place->index == index) return *place;
    return *blocks_.insert(place.base(), Block{.index = index});
  }

  static void begin_call(Block& block, const ReplyJson& call) {
    // A tool that Bedrock runs itself is nobody else's business.
    const bool is_ours = text_of(call, "type") != "server_tool_use";
    block.kind = is_ours ? Block::Kind::Call : Block::Kind::Ignored;
    block.call.provider_id = text_of(call, "toolUseId");
    block.call.name = text_of(call, "name");
  }

  static void add_reasoning(Block& block, const ReplyJson& piece) {
    const std::string_view redacted = text_of(piece, "redactedContent");
    block.kind = redacted.empty() && block.kind != Block::Kind::Redacted ? Block::Kind::Reasoning
                                                                         : Block::Kind::Redacted;
    block.text.append(text_of(piece, "text")).append(redacted);
    block.signature += text_of(piece, "signature");
  }

  /// Whether text and calls say it all: at most one text, then calls.
  bool is_plain() const {
    bool seen = false;
    for (const Block& block : blocks_) {
      if (!block.is_kept()) continue;
      if (block.kind != Block::Kind::Call && (seen || block.kind != Block::Kind::Text)) return false;
      seen = true;
    }
    return true;
  }

  std::string content() const {
    std::string content = "[";
    for (const Block& block : blocks_) {
      if (!block.is_kept()) continue;
      if (content.size() > 1) content += ',';
      append(content, block);
    }
    return content + "]";
  }

  static void append(std::string& out, const Block& block) {
    const auto member = [&](std::string_view before, std::string_view text) {
      out += before;
      append_json_string(out, text);
    };
    switch (block.kind) {
      case Block::Kind::Text:
        member(R"({"text":)", block.text);
        break;
      case Block::Kind::Call:
        member(R"({"toolUse":{"toolUseId":)", block.call.provider_id);
        member(R"(,"name":)", block.call.name);
        out += R"(,"input":)";
        out += is_json_object(block.call.arguments) ? block.call.arguments : "{}";
        out += '}';
        break;
      case Block::Kind::Reasoning:
        member(R"({"reasoningContent":{"reasoningText":{"text":)", block.text);
        member(R"(,"signature":)", block.signature);
        out += "}}";
        break;
      case Block::Kind::Redacted:
        member(R"({"reasoningContent":{"redactedContent":)", block.text);
        out += '}';
        break;
      case Block::Kind::Other:
        out += block.text;
        return;
      case Block::Kind::Ignored:
        return;
    }
    out += '}';
  }

  std::vector<Block> blocks_;  ///< by index
};

/// The status that an exception inside a stream would have had as an answer.
int status_of(std::string_view exception) {
  if (exception == "throttlingException") return 429;
  if (exception == "validationException") return 400;
  if (exception == "accessDeniedException") return 403;
  return exception == "serviceUnavailableException" ? 503 : 500;
}

class BedrockDecoder : public ReplyFrame {
 public:
  BedrockDecoder() : ReplyFrame("bedrock"), frames_([this](const EventFrame& frame) { add_frame(frame); }) {}

 private:
  void add_stream(std::string_view bytes) override {
    if (!frames_.feed(bytes) && !is_complete()) break_off("sent a frame that is damaged");
  }

  /// Behind the end mark only the usage matters: the reply is whole.
  void add_frame(const EventFrame& frame) {
    if (is_over() || (is_complete() && frame.type != "metadata")) return;
    const ReplyJson data = parse_reply(frame.payload);
    if (frame.message_type != "event") {
      report(frame, data);
    } else if (!data.is_discarded()) {
      add_event(frame.type, data);
    } else if (!is_complete()) {
      break_off("sent an event that is no JSON object: " + one_line(frame.payload.substr(0, 200)));
    }
  }

  void report(const EventFrame& frame, const ReplyJson& data) {
    const std::string_view message = data.is_discarded() ? frame.payload : text_of(data, "message");
    const ReplyJson error = {{"message", std::string(is_blank(message) ? "no message" : message)},
                             {"code", std::string(frame.type)},
                             {"status", status_of(frame.type)}};
    report_error(dump_reply(error));
  }

  void add_event(std::string_view type, const ReplyJson& data) override {
    if (type == "contentBlockStart") reply_.begin_block(data);
    if (type == "contentBlockDelta") reply_.add_delta(data);
    if (type == "messageStop") reply_.stop_reason = text_of(data, "stopReason");
    const ReplyJson* counts = type == "metadata" ? find(data, "usage") : nullptr;
    if (counts != nullptr) reply_.read_usage(*counts);
  }

  void add_document(const ReplyJson& document) override {
    const ReplyJson* output = find(document, "output");
    const ReplyJson* message = output == nullptr ? nullptr : find(*output, "message");
    if (message != nullptr) reply_.add_message(*message);
    reply_.stop_reason = text_of(document, "stopReason");
    if (const ReplyJson* counts = find(document, "usage")) reply_.read_usage(*counts);
    if (message == nullptr && reply_.stop_reason.empty())
      break_off("answered with something that is no reply (is model.base_url right?): " +
                    one_line(dump_reply(document)),
                "malformed");
  }

  bool is_complete() const override { return !reply_.stop_reason.empty(); }
  Usage usage() const override { return reply_.usage; }

  ModelResult judge() override {
    const std::string& reason = reply_.stop_reason;
    if (reason == "max_tokens")
      return failed("length",
                    "cut the reply off at its limit of output tokens: raise model.max_output_tokens");
    if (reason == "guardrail_intervened" || reason == "content_filtered")
      return failed("refused", "held the reply back: " + reason);
    if (reason == "model_context_window_exceeded")
      return failed("context", "cut the reply off where the model's context window ends");
    if (reason.starts_with("malformed_")) return failed("malformed", "could not read its model: " + reason);
    ModelReplied reply = reply_.take();
    const bool is_known = reason == "end_turn" || reason == "stop_sequence" || reason == "tool_use";
    if (reason == "tool_use" && reply.calls.empty())
      return failed("malformed", "announced tool calls and sent none");
    if (!is_known && (!reply.calls.empty() || is_blank(reply.text)))
      return failed("malformed", "ended the reply in an unknown way: " + one_line(reason));
    return accept(std::move(reply));
  }

  EventStreamDecoder frames_;
  Reply reply_;
};

}  // namespace

std::unique_ptr<ReplyDecoder> make_bedrock_decoder() {
  return std::make_unique<BedrockDecoder>();
}

}  // namespace agentd
