#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/model/json_text.h"
#include "core/model/openai.h"
#include "core/model/server_error.h"
#include "core/model/sse.h"
#include "core/text.h"

namespace agentd {
namespace {

/// Ordered: arguments that come as an object keep the order that the model wrote.
using json = nlohmann::ordered_json;

constexpr std::string_view kProvider = "openai";
/// Of a whole response: far more than any model writes, and a limit to what a mad server can fill.
constexpr std::size_t kMaxBytes = 256 << 20;
/// Of the body of a refusal: more than enough to find its message.
constexpr std::size_t kMaxErrorBytes = 256 << 10;

const json* find(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

/// Many servers send null, or leave out, what has no value.
std::string_view text_of(const json& object, const char* key) {
  const json* value = find(object, key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_ref<const std::string&>()) : "";
}

std::int64_t count_of(const json& object, const char* key) {
  const json* value = find(object, key);
  if (value == nullptr || !value->is_number()) return 0;
  const double number = value->get<double>();
  return number > 0 && number < 1e15 ? static_cast<std::int64_t>(number) : 0;
}

/// Discarded where the text is no object, or nested so deeply that handling it would overflow the stack.
json parse(std::string_view text) {
  if (!is_json_object(text)) return json(json::value_t::discarded);
  json object = json::parse(text, nullptr, false);
  return object.is_discarded() ? json::parse(to_valid_utf8(text), nullptr, false) : object;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

struct PartialCall {
  std::int64_t index = 0;
  ToolCall call;
};

/// What the pieces of a reply have said so far.
class Reply {
 public:
  /// A chunk of a stream or a whole response: both hold choices, with a `delta` or a `message`.
  void add(const json& chunk) {
    if (const json* counts = find(chunk, "usage")) read_usage(*counts);
    const json* choices = find(chunk, "choices");
    if (choices == nullptr || !choices->is_array()) return;
    for (const json& choice : *choices)
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
    for (PartialCall& partial : calls_) {
      // How a call without arguments is often written.
      if (is_blank(partial.call.arguments)) partial.call.arguments = "{}";
      calls.push_back(std::move(partial.call));
    }
    return calls;
  }

 private:
  void add_choice(const json& choice) {
    for (const char* key : {"delta", "message"}) {
      if (const json* message = find(choice, key)) add_message(*message);
    }
    if (const std::string_view reason = text_of(choice, "finish_reason"); !reason.empty())
      finish_reason = reason;
  }

  void add_message(const json& message) {
    has_message = true;
    add_content(message);
    refusal += text_of(message, "refusal");
    const json* calls = find(message, "tool_calls");
    if (calls == nullptr || !calls->is_array()) return;
    for (const json& call : *calls) add_call(call);
  }

  void add_content(const json& message) {
    text += text_of(message, "content");
    const json* parts = find(message, "content");
    if (parts == nullptr || !parts->is_array()) return;
    for (const json& part : *parts) text += text_of(part, "text");
  }

  void add_call(const json& piece) {
    const json* function = find(piece, "function");
    if (function == nullptr) return;
    const std::string_view id = text_of(piece, "id"), name = text_of(*function, "name");
    ToolCall& call = slot(find(piece, "index"), id, name);
    if (call.provider_id.empty()) call.provider_id = id;
    if (name != call.name) call.name += name;  // some servers repeat it in every piece
    const json* arguments = find(*function, "arguments");
    if (arguments == nullptr) return;
    if (arguments->is_string()) {
      call.arguments += arguments->get_ref<const std::string&>();
    } else {
      call.arguments = arguments->dump(-1, ' ', false, json::error_handler_t::replace);
    }
  }

  /// The call that a piece belongs to. Some servers give no index, or the same one to every call: then a name
  /// with a new id begins another. (An id alone does not: some make up a new one for every piece.)
  ToolCall& slot(const json* index, std::string_view id, std::string_view name) {
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

  void read_usage(const json& counts) {
    const json* details = find(counts, "prompt_tokens_details");
    usage.cache_read = details == nullptr ? 0 : count_of(*details, "cached_tokens");
    usage.cache_write = details == nullptr ? 0 : count_of(*details, "cache_write_tokens");
    const std::int64_t prompt = count_of(counts, "prompt_tokens");
    usage.input = std::max<std::int64_t>(prompt - usage.cache_read - usage.cache_write, 0);
    usage.output = count_of(counts, "completion_tokens");
  }

  std::vector<PartialCall> calls_;
};

class OpenAiDecoder : public ReplyDecoder {
 public:
  OpenAiDecoder() : events_([this](std::string_view, std::string_view data) { event(data); }) {}

  void head(int status, const HttpHeaders& headers) override {
    status_ = status;
    headers_ = headers;
  }

  void body(std::string_view bytes) override {
    received_ += bytes.size();
    if (is_refused()) {
      document_ += bytes.substr(0, kMaxErrorBytes - std::min(kMaxErrorBytes, document_.size()));
    } else if (received_ > kMaxBytes) {
      broken_ = "sent more than " + std::to_string(kMaxBytes >> 20) + " MB";
    } else {
      success_body(bytes);
    }
  }

  ModelResult finish(const std::optional<HttpFailure>& failure) override {
    if (form_ == Form::Document && !is_refused()) read_document();
    const bool complete = broken_.empty() && error_.empty() && !reply_.finish_reason.empty();
    if (failure && failure->kind == HttpFailure::Kind::Interrupted && !complete) return Interrupted{};
    if (is_refused()) return response_failure(kProvider, status_, headers_, document_);
    if (!error_.empty()) return with_usage(late_failure(kProvider, error_));
    if (!complete && failure) return with_usage(wire_failure(kProvider, *failure));
    if (!broken_.empty()) return failed("network", broken_);
    if (!complete) return failed("network", "ended the response before the reply was complete");
    return judge();
  }

 private:
  enum class Form { Unknown, Document, Stream };

  bool is_refused() const { return status_ != 0 && (status_ < 200 || status_ >= 300); }

  /// The first character tells a document from a stream, and is right where the content type is not.
  void success_body(std::string_view bytes) {
    if (form_ == Form::Unknown) {
      bytes.remove_prefix(std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size()));
      if (bytes.empty()) return;
      const bool document = std::string_view("{[<\"").find(bytes.front()) != std::string_view::npos;
      form_ = document ? Form::Document : Form::Stream;
    }
    if (form_ == Form::Document) {
      document_ += bytes;
    } else if (!events_.feed(bytes)) {
      broken_ = "sent an event that is too long";
    }
  }

  void event(std::string_view data) {
    if (done_ || !broken_.empty() || !error_.empty()) return;
    if (data == "[DONE]") {
      done_ = true;
    } else if (!is_blank(data)) {
      add(data);
    }
  }

  void read_document() {
    if (document_.front() == '<' || !is_json_object(document_)) {
      broken_ = "answered with something that is no reply (is model.base_url right?): " +
                read_server_error(document_).message;
      return;
    }
    add(document_);
    // A whole document needs no end mark of its own.
    if (reply_.has_message && reply_.finish_reason.empty()) reply_.finish_reason = "stop";
  }

  void add(std::string_view text) {
    const json chunk = parse(text);
    if (chunk.is_discarded()) {
      broken_ = "sent an event that is no JSON object: " + one_line(text.substr(0, 200));
      return;
    }
    const json* error = find(chunk, "error");
    if (text_of(chunk, "object") == "error" || (error != nullptr && *error != "")) error_ = text;
    reply_.add(chunk);
  }

  ModelResult judge() {
    const std::string& reason = reply_.finish_reason;
    if (reason == "length") {
      return failed("length",
                    "cut the reply off at its limit of output tokens: raise model.max_output_tokens");
    }
    if (reason == "content_filter") return failed("refused", "held the reply back: content_filter");
    if (!reply_.refusal.empty()) return failed("refused", "refused: " + one_line(reply_.refusal));
    if (reason == "error")
      return failed("overloaded", "gave the reply up with an error that it did not name");
    std::vector<ToolCall> calls = reply_.calls();
    for (const ToolCall& call : calls)
      if (call.name.empty()) return failed("malformed", "asked for a call without a name");
    if (calls.empty() && reason == "tool_calls")
      return failed("malformed", "announced tool calls and sent none");
    if (calls.empty() && is_blank(reply_.text)) return failed("empty", "sent an empty reply");
    ModelReplied replied;
    replied.text = std::move(reply_.text);
    replied.calls = std::move(calls);
    replied.usage = reply_.usage;
    replied.provider = kProvider;
    return replied;
  }

  /// What a second attempt cannot mend is not tried again.
  ModelResult failed(std::string reason, std::string_view what) const {
    ModelFailed failure;
    failure.retryable = reason != "length" && reason != "refused";
    failure.reason = std::move(reason);
    failure.message = std::string(kProvider).append(" ").append(what);
    return with_usage(std::move(failure));
  }
  ModelResult with_usage(ModelFailed failure) const {
    failure.usage = reply_.usage;
    return failure;
  }

  int status_ = 0;
  HttpHeaders headers_;
  Form form_ = Form::Unknown;
  std::size_t received_ = 0;
  std::string document_;
  SseDecoder events_;
  Reply reply_;
  std::string error_;   ///< what the server reported inside a success
  std::string broken_;  ///< why nothing that came can be trusted
  bool done_ = false;
};

}  // namespace

std::unique_ptr<ReplyDecoder> make_openai_decoder() {
  return std::make_unique<OpenAiDecoder>();
}

}  // namespace agentd
