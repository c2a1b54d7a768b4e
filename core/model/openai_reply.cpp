#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/model/openai.h"
#include "core/model/reply_frame.h"
#include "core/model/server_error.h"

namespace agentd {
namespace {

struct PartialCall {
  std::int64_t index = 0;
  ToolCall call;
};

/// What the pieces of a reply have said so far.
class Reply {
 public:
  /// A chunk of a stream or a whole response: both hold choices, with a `delta` or a `message`.
  void add(const ReplyJson& chunk) {
    if (const ReplyJson* counts = find(chunk, "usage")) read_usage(*counts);
    const ReplyJson* choices = find(chunk, "choices");
    if (choices == nullptr || !choices->is_array()) return;
    for (const ReplyJson& choice : *choices)
      if (count_of(choice, "index") == 0) add_choice(choice);
  }

  /// The model's own end mark; without one the rest of the reply is missing.
  std::string finish_reason;
  std::string text;
  std::string refusal;
  Usage usage;
  bool has_message = false;

  std::vector<ToolCall> calls() {
    std::stable_sort(calls_.begin(), calls_.end(),
                     [](const PartialCall& a, const PartialCall& b) { return a.index < b.index; });
    std::vector<ToolCall> calls;
    for (PartialCall& partial : calls_) calls.push_back(std::move(partial.call));
    return calls;
  }

 private:
  void add_choice(const ReplyJson& choice) {
    for (const char* key : {"delta", "message"}) {
      if (const ReplyJson* message = find(choice, key)) add_message(*message);
    }
    if (const std::string_view reason = text_of(choice, "finish_reason"); !reason.empty())
      finish_reason = reason;
  }

  void add_message(const ReplyJson& message) {
    has_message = true;
    add_content(message);
    refusal += text_of(message, "refusal");
    const ReplyJson* calls = find(message, "tool_calls");
    if (calls == nullptr || !calls->is_array()) return;
    for (const ReplyJson& call : *calls) add_call(call);
  }

  void add_content(const ReplyJson& message) {
    text += text_of(message, "content");
    const ReplyJson* parts = find(message, "content");
    if (parts == nullptr || !parts->is_array()) return;
    for (const ReplyJson& part : *parts) text += text_of(part, "text");
  }

  void add_call(const ReplyJson& piece) {
    const ReplyJson* function = find(piece, "function");
    if (function == nullptr) return;
    const std::string_view id = text_of(piece, "id"), name = text_of(*function, "name");
    ToolCall& call = slot(find(piece, "index"), id, name);
    if (call.provider_id.empty()) call.provider_id = id;
    if (name != call.name) call.name += name;  // some servers repeat it in every piece
    const ReplyJson* arguments = find(*function, "arguments");
    if (arguments == nullptr) return;
    if (arguments->is_string()) {
      call.arguments += arguments->get_ref<const std::string&>();
    } else {
      call.arguments = dump_reply(*arguments);
    }
  }

  /// The call that a piece belongs to. Some servers give no index, or the same one to every call: then a name
  /// with a new id begins another. (An id alone does not: some make up a new one for every piece.)
  ToolCall& slot(const ReplyJson* index, std::string_view id, std::string_view name) {
    const bool counted = index != nullptr && index->is_number_integer();
    auto found = calls_.rbegin();
    if (counted) {
      const auto wanted = index->get<std::int64_t>();
      found = std::find_if(calls_.rbegin(), calls_.rend(),
                           [&](const PartialCall& c) { return c.index == wanted; });
      const bool another = found != calls_.rend() && !name.empty() && !id.empty() &&
                           !found->call.provider_id.empty() && found->call.provider_id != id;
      if (found == calls_.rend() || another) return calls_.emplace_back(PartialCall{wanted, {}}).call;
    } else if (found == calls_.rend() || !name.empty()) {
      return calls_.emplace_back(PartialCall{calls_.empty() ? 0 : calls_.back().index, {}}).call;
    }
    return found->call;
  }

  void read_usage(const ReplyJson& counts) {
    const ReplyJson* details = find(counts, "prompt_tokens_details");
    usage.cache_read = details == nullptr ? 0 : count_of(*details, "cached_tokens");
    usage.cache_write = details == nullptr ? 0 : count_of(*details, "cache_write_tokens");
    const std::int64_t prompt = count_of(counts, "prompt_tokens");
    usage.input = std::max<std::int64_t>(prompt - usage.cache_read - usage.cache_write, 0);
    usage.output = count_of(counts, "completion_tokens");
  }

  std::vector<PartialCall> calls_;
};

class OpenAiDecoder : public ReplyFrame {
 public:
  OpenAiDecoder() : ReplyFrame("openai") {}

 private:
  void add_event(std::string_view, const ReplyJson& chunk) override {
    const ReplyJson* error = find(chunk, "error");
    if (text_of(chunk, "object") == "error" || (error != nullptr && *error != ""))
      report_error(dump_reply(chunk));
    reply_.add(chunk);
  }

  /// A whole document needs no end mark of its own.
  void add_document(const ReplyJson& document) override {
    add_event("", document);
    if (reply_.has_message && reply_.finish_reason.empty()) reply_.finish_reason = "stop";
  }

  bool is_complete() const override { return !reply_.finish_reason.empty(); }
  Usage usage() const override { return reply_.usage; }

  ModelResult judge() override {
    const std::string& reason = reply_.finish_reason;
    if (reason == "length") {
      return failed("length",
                    "cut the reply off at its limit of output tokens: raise model.max_output_tokens");
    }
    if (reason == "content_filter") return failed("refused", "held the reply back: content_filter");
    if (!reply_.refusal.empty()) return failed("refused", "refused: " + one_line(reply_.refusal));
    if (reason == "error")
      return failed("overloaded", "gave the reply up with an error that it did not name");
    ModelReplied replied;
    replied.calls = reply_.calls();
    if (replied.calls.empty() && reason == "tool_calls")
      return failed("malformed", "announced tool calls and sent none");
    replied.text = std::move(reply_.text);
    return accept(std::move(replied));
  }

  Reply reply_;
};

}  // namespace

std::unique_ptr<ReplyDecoder> make_openai_decoder() {
  return std::make_unique<OpenAiDecoder>();
}

}  // namespace agentd
