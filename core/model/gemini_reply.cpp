#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/model/gemini.h"
#include "core/model/reply_frame.h"
#include "core/model/server_error.h"

namespace agentd {
namespace {

bool has_only(const ReplyJson& object, std::initializer_list<std::string_view> known) {
  return std::all_of(object.items().begin(), object.items().end(), [&](const auto& member) {
    return std::find(known.begin(), known.end(), member.key()) != known.end();
  });
}

bool is_thought(const ReplyJson& part) {
  const ReplyJson* thought = find(part, "thought");
  return thought != nullptr && *thought == true;
}

bool is_unsigned_text(const ReplyJson& part) {
  const ReplyJson* text = find(part, "text");
  return text != nullptr && text->is_string() && has_only(part, {"text", "thought"});
}

/// The parts of a reply as they came, for they go back so. Only unsigned pieces of one text are joined: a
/// signature counts for the very part that it came on.
class Parts {
 public:
  void add(const ReplyJson& part) {
    if (!part.is_object() || part.empty()) return;
    if (!is_unsigned_text(part)) {
      parts_.push_back(part);
    } else if (const std::string_view text = text_of(part, "text"); !text.empty()) {
      const bool goes_on =
          !parts_.empty() && is_unsigned_text(parts_.back()) && is_thought(parts_.back()) == is_thought(part);
      if (goes_on) {
        parts_.back()["text"].get_ref<std::string&>() += text;
      } else {
        parts_.push_back(part);
      }
    }
  }

  /// What is to be seen of it.
  std::string text() const {
    std::string text;
    for (const ReplyJson& part : parts_)
      if (!is_thought(part)) text += text_of(part, "text");
    return text;
  }

  std::vector<ToolCall> calls() const {
    std::vector<ToolCall> calls;
    for (const ReplyJson& part : parts_) {
      const ReplyJson* call = find(part, "functionCall");
      if (call == nullptr) continue;
      const ReplyJson* arguments = find(*call, "args");
      calls.push_back({std::string(text_of(*call, "id")), std::string(text_of(*call, "name")),
                       arguments == nullptr ? "{}" : dump_reply(*arguments)});
    }
    return calls;
  }

  /// As JSON text; empty where text and calls say it all.
  std::string content() const {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const ReplyJson* call = find(parts_[i], "functionCall");
      const bool is_plain_call = call != nullptr && call->is_object() &&
                                 has_only(parts_[i], {"functionCall"}) &&
                                 has_only(*call, {"id", "name", "args"});
      const bool is_plain_text = i == 0 && has_only(parts_[i], {"text"});
      if (!is_plain_call && !is_plain_text) return dump_reply(parts_);
    }
    return "";
  }

 private:
  ReplyJson parts_ = ReplyJson::array();
};

Usage usage_of(const ReplyJson& counts) {
  Usage usage;
  const std::int64_t prompt =
      count_of(counts, "promptTokenCount") + count_of(counts, "toolUsePromptTokenCount");
  usage.cache_read = std::min(count_of(counts, "cachedContentTokenCount"), prompt);
  usage.input = prompt - usage.cache_read;
  usage.output = count_of(counts, "candidatesTokenCount") + count_of(counts, "thoughtsTokenCount");
  return usage;
}

bool is_refusal(std::string_view reason) {
  constexpr std::string_view kRefusals[] = {"SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST",
                                            "SPII",   "LANGUAGE",   "MODEL_ARMOR"};
  return reason.starts_with("IMAGE_") ||
         std::find(std::begin(kRefusals), std::end(kRefusals), reason) != std::end(kRefusals);
}

class GeminiDecoder : public ReplyFrame {
 public:
  GeminiDecoder() : ReplyFrame("gemini") {}

 private:
  /// A piece of a stream and a whole response have the same form.
  void add_event(std::string_view, const ReplyJson& chunk) override {
    if (find(chunk, "error") != nullptr) report_error(dump_reply(chunk));
    if (const ReplyJson* counts = find(chunk, "usageMetadata")) usage_ = usage_of(*counts);
    if (const ReplyJson* feedback = find(chunk, "promptFeedback")) {
      take_reason(*feedback, "blockReason", block_reason_);
      take_reason(*feedback, "blockReasonMessage", explanation_);
    }
    const ReplyJson* candidates = find(chunk, "candidates");
    if (candidates == nullptr || !candidates->is_array()) return;
    for (const ReplyJson& candidate : *candidates)
      if (count_of(candidate, "index") == 0) add_candidate(candidate);
  }
  void add_document(const ReplyJson& document) override { add_event("", document); }

  void add_candidate(const ReplyJson& candidate) {
    take_reason(candidate, "finishReason", finish_reason_);
    take_reason(candidate, "finishMessage", explanation_);
    const ReplyJson* content = find(candidate, "content");
    const ReplyJson* parts = content == nullptr ? nullptr : find(*content, "parts");
    if (parts == nullptr || !parts->is_array()) return;
    for (const ReplyJson& part : *parts) parts_.add(part);
  }

  static void take_reason(const ReplyJson& object, const char* key, std::string& reason) {
    const std::string_view given = text_of(object, key);
    if (!given.empty() && !given.ends_with("_UNSPECIFIED")) reason = one_line(given);
  }

  bool is_complete() const override { return !finish_reason_.empty() || !block_reason_.empty(); }
  Usage usage() const override { return usage_; }

  ModelResult judge() override {
    if (!block_reason_.empty()) return gave_up("refused", "refused the prompt", block_reason_);
    if (finish_reason_ == "MAX_TOKENS") {
      return failed("length",
                    "cut the reply off at its limit of output tokens: raise model.max_output_tokens");
    }
    if (is_refusal(finish_reason_)) return gave_up("refused", "held the reply back", finish_reason_);
    // A call that is none, OTHER, what is yet to come: no answer, but a second attempt may give one.
    if (finish_reason_ != "STOP") return gave_up("malformed", "gave the reply up", finish_reason_);
    ModelReplied replied;
    replied.text = parts_.text();
    replied.calls = parts_.calls();
    replied.provider_content = parts_.content();
    return accept(std::move(replied));
  }

  ModelResult gave_up(std::string reason, const char* what, const std::string& name) const {
    const std::string more = explanation_.empty() ? "" : ": " + explanation_;
    return failed(std::move(reason), std::string(what) + " (" + name + ")" + more);
  }

  Parts parts_;
  Usage usage_;
  std::string finish_reason_;  ///< the model's own end mark
  std::string block_reason_;   ///< of a prompt that no model saw
  std::string explanation_;
};

}  // namespace

std::unique_ptr<ReplyDecoder> make_gemini_decoder() {
  return std::make_unique<GeminiDecoder>();
}

}  // namespace agentd
