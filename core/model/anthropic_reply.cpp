#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "core/json_text.h"
#include "core/model/anthropic.h"
#include "core/model/reply_frame.h"
#include "core/model/server_error.h"

namespace agentd {
namespace {

/// One block of a reply's content, as far as it has come.
struct Block {
  ReplyJson body;     ///< as it began, with all that was added since, but for the input
  std::string input;  ///< of a call: JSON text in pieces
  bool is_done = false;

  std::string_view type() const { return text_of(body, "type"); }
  bool is_text() const { return type() == "text"; }
  bool is_call() const { return type() == "tool_use"; }
  /// Such a block is refused when it comes back.
  bool is_blank_text() const { return is_text() && is_blank(text_of(body, "text")); }

  void add(const ReplyJson& delta) {
    const std::string_view kind = text_of(delta, "type");
    if (kind == "input_json_delta") {
      input += text_of(delta, "partial_json");
    } else if (kind == "citations_delta") {
      ReplyJson& list = body["citations"];
      const ReplyJson* citation = find(delta, "citation");
      if (!list.is_array()) list = ReplyJson::array();
      if (citation != nullptr) list.push_back(*citation);
    } else {
      add_texts(delta);
    }
  }

  /// The model's own bytes where they came as text.
  std::string arguments() const {
    if (!is_blank(input)) return with_whole_escapes(input);
    const ReplyJson* whole = find(body, "input");
    return whole != nullptr && whole->is_object() ? dump_reply(*whole) : "{}";
  }

  /// The block for the next request, which must hold an input, and a valid one.
  std::string to_json() const {
    if (!type().ends_with("tool_use") && is_blank(input)) return dump_reply(body);
    std::string json = "{";
    for (const auto& [name, value] : body.items()) {
      if (name == "input") continue;
      append_json_string(json, name);
      json += ':' + dump_reply(value) + ',';
    }
    const std::string whole = arguments();
    const bool is_valid = is_json_object(whole) && ReplyJson::accept(whole);
    return json + R"("input":)" + (is_valid ? whole : "{}") + "}";
  }

  /// Whether a text and calls say all that it says.
  bool is_plain() const {
    if (!is_text() && !is_call()) return false;
    return std::all_of(body.items().begin(), body.items().end(), [&](const auto& member) {
      const ReplyJson& value = member.value();
      const bool is_own =
          member.key() == "type" || (is_text() && member.key() == "text") ||
          (is_call() && (member.key() == "id" || member.key() == "name" || member.key() == "input"));
      const bool is_direct = member.key() == "caller" && text_of(value, "type") == "direct";
      return is_own || is_direct || value.is_null() || (value.is_array() && value.empty());
    });
  }

 private:
  /// text_delta has a text, thinking_delta a thinking, signature_delta a signature: so will those to come.
  void add_texts(const ReplyJson& delta) {
    for (const auto& [name, value] : delta.items()) {
      if (name == "type" || !value.is_string()) continue;
      ReplyJson& text = body[name];
      if (text.is_null()) text = "";
      if (text.is_string()) text.get_ref<std::string&>() += value.get_ref<const std::string&>();
    }
  }
};

/// What the pieces of a reply have said so far.
class Reply {
 public:
  /// False for a piece that belongs to nothing.
  bool add_piece(const ReplyJson& event, const ReplyJson& delta) {
    const auto found = places_.find(count_of(event, "index"));
    if (found != places_.end()) {
      blocks_[found->second].add(delta);
    } else if (text_of(delta, "type") == "text_delta") {
      begin(event, {{"type", "text"}});
      blocks_.back().add(delta);
    } else {
      return false;
    }
    return true;
  }
  void begin(const ReplyJson& event, ReplyJson body) {
    // Some servers count wrong: a block that begins is another one, whatever its index.
    places_[count_of(event, "index")] = blocks_.size();
    add_whole(std::move(body));
    blocks_.back().is_done = false;
  }
  void end(const ReplyJson& event) {
    const auto found = places_.find(count_of(event, "index"));
    if (found != places_.end()) blocks_[found->second].is_done = true;
  }
  void add_whole(ReplyJson body) { blocks_.push_back({std::move(body), {}, true}); }

  /// Counts are cumulative, and some come more than once.
  void read_usage(const ReplyJson& holder) {
    const ReplyJson* counts = find(holder, "usage");
    if (counts == nullptr) return;
    const auto raise = [&](std::int64_t& number, const char* key) {
      number = std::max(number, count_of(*counts, key));
    };
    raise(usage.input, "input_tokens");
    raise(usage.cache_read, "cache_read_input_tokens");
    raise(usage.cache_write, "cache_creation_input_tokens");
    raise(usage.output, "output_tokens");
  }

  void read_stop(const ReplyJson& holder) {
    if (const std::string_view reason = text_of(holder, "stop_reason"); !reason.empty()) stop_reason = reason;
    const ReplyJson* details = find(holder, "stop_details");
    if (details == nullptr) return;
    stop_details = text_of(*details, "category");
    const std::string_view explanation = text_of(*details, "explanation");
    stop_details.append(stop_details.empty() || explanation.empty() ? "" : ": ").append(explanation);
  }

  /// A call whose arguments broke off: the end mark came all the same.
  bool has_half_call() const {
    return std::any_of(blocks_.begin(), blocks_.end(), [](const Block& block) {
      return block.is_call() && !block.is_done && !is_json_object(block.arguments());
    });
  }

  /// Texts as one. Those that something stands between are not one sentence.
  std::string text() const {
    std::string text;
    bool is_apart = false;
    for (const Block& block : blocks_) {
      if (block.is_text()) {
        const std::string_view more = text_of(block.body, "text");
        if (is_apart && !is_blank(text) && !is_blank(more)) text += "\n\n";
        text += more;
      }
      if (!block.is_blank_text()) is_apart = !block.is_text();
    }
    return text;
  }

  std::vector<ToolCall> calls() const {
    std::vector<ToolCall> calls;
    for (const Block& block : blocks_) {
      if (block.is_call())
        calls.push_back({std::string(text_of(block.body, "id")), std::string(text_of(block.body, "name")),
                         block.arguments()});
    }
    return calls;
  }

  /// The content as a JSON list, where a text and calls would lose something of it.
  std::string content() const {
    std::string list = "[";
    std::string_view before;
    bool is_needed = false;
    for (const Block& block : blocks_) {
      if (block.type().empty() || block.is_blank_text()) continue;
      is_needed = is_needed || !block.is_plain() || (block.is_text() && !before.empty());
      before = block.type();
      list.append(list.size() > 1 ? "," : "").append(block.to_json());
    }
    return is_needed ? list + "]" : "";
  }

  /// The API refuses white space at the end of a reply that is to go on.
  void trim_end() {
    while (!blocks_.empty() && blocks_.back().is_blank_text()) blocks_.pop_back();
    if (blocks_.empty() || !blocks_.back().is_text()) return;
    auto& text = blocks_.back().body["text"].get_ref<std::string&>();
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
  }

  Usage usage;
  std::string stop_reason;
  std::string stop_details;

 private:
  std::vector<Block> blocks_;
  std::unordered_map<std::int64_t, std::size_t> places_;  ///< by index: the last block that had it
};

class AnthropicDecoder : public ReplyFrame {
 public:
  AnthropicDecoder() : ReplyFrame(kAnthropicProvider) {}

 private:
  void add_event(std::string_view name, const ReplyJson& event) override {
    if (is_complete_) return;
    const std::string_view type = text_of(event, "type").empty() ? name : text_of(event, "type");
    if (type == "message_start") {
      if (const ReplyJson* message = find(event, "message")) reply_.read_usage(*message);
    } else if (type == "message_delta") {
      reply_.read_usage(event);
      if (const ReplyJson* delta = find(event, "delta")) reply_.read_stop(*delta);
    } else if (type == "message_stop") {
      is_complete_ = true;
    } else if (type.starts_with("content_block_")) {
      add_block_event(type, event);
    } else if (type == "error" || find(event, "error") != nullptr) {
      report_error(dump_reply(event));
    }
  }

  void add_block_event(std::string_view type, const ReplyJson& event) {
    if (type == "content_block_start") {
      const ReplyJson* block = find(event, "content_block");
      reply_.begin(event, block != nullptr && block->is_object() ? *block : ReplyJson::object());
    } else if (type == "content_block_stop") {
      reply_.end(event);
    } else if (const ReplyJson* delta = find(event, "delta"); delta != nullptr && delta->is_object()) {
      if (!reply_.add_piece(event, *delta)) break_off("sent a piece of a block that had not begun");
    }
  }

  void add_document(const ReplyJson& document) override {
    if (text_of(document, "type") == "error" || find(document, "error") != nullptr)
      return report_error(dump_reply(document));
    reply_.read_usage(document);
    reply_.read_stop(document);
    const ReplyJson* content = find(document, "content");
    if (content == nullptr || !content->is_array()) return;
    is_complete_ = true;
    for (const ReplyJson& block : *content)
      if (block.is_object()) reply_.add_whole(block);
  }

  bool is_complete() const override { return is_complete_; }
  Usage usage() const override { return reply_.usage; }

  /// A reason that is new, or missing as from some compatible servers, ends a reply as end_turn does: it has
  /// its end mark, so it is whole.
  ModelResult judge() override {
    const std::string& reason = reply_.stop_reason;
    if (reason == "max_tokens") {
      return failed("length",
                    "cut the reply off at its limit of output tokens: raise model.max_output_tokens");
    }
    if (reason == "refusal") {
      const std::string& why = reply_.stop_details;
      return failed("refused", why.empty() ? "refused to answer" : "refused to answer: " + one_line(why));
    }
    if (reason == "model_context_window_exceeded")
      return failed("context", "ended the reply where the model's context window ends");
    if (reply_.has_half_call()) return failed("malformed", "ended a call in the middle of its arguments");
    ModelReplied replied = whole_reply();
    if (replied.calls.empty() && reason == "tool_use")
      return failed("malformed", "announced tool calls and sent none");
    return accept(std::move(replied));
  }

  ModelReplied whole_reply() {
    ModelReplied replied;
    replied.calls = reply_.calls();
    if (reply_.stop_reason == "pause_turn") reply_.trim_end();
    replied.text = reply_.text();
    replied.provider_content = reply_.content();
    replied.unfinished =
        reply_.stop_reason == "pause_turn" && !(is_blank(replied.text) && replied.provider_content.empty());
    return replied;
  }

  Reply reply_;
  bool is_complete_ = false;
};

}  // namespace

std::unique_ptr<ReplyDecoder> make_anthropic_decoder() {
  return std::make_unique<AnthropicDecoder>();
}

}  // namespace agentd
