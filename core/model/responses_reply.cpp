#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "core/model/reply_frame.h"
#include "core/model/responses.h"
#include "core/model/responses_output.h"
#include "core/model/server_error.h"

namespace agentd {
namespace {

class ResponsesDecoder : public ReplyFrame {
 public:
  ResponsesDecoder() : ReplyFrame(kResponsesProvider) {}

  void head(int status, const HttpHeaders& headers) override {
    http_status_ = status;
    ReplyFrame::head(status, headers);
  }

  ModelResult finish(const std::optional<HttpFailure>& failure) override {
    ModelResult result = ReplyFrame::finish(failure);
    if (auto* failed = std::get_if<ModelFailed>(&result)) advise(*failed);
    return result;
  }

 private:
  /// Deltas are progress; the response in the last event is the truth.
  void add_event(std::string_view name, const ReplyJson& event) override {
    if (is_complete()) return;
    const std::string_view own_type = text_of(event, "type"), type = own_type.empty() ? name : own_type;
    if (type == "response.output_item.done") {
      const auto index = find(event, "output_index") == nullptr ? static_cast<std::int64_t>(items_.size())
                                                                : count_of(event, "output_index");
      if (const ReplyJson* item = find(event, "item")) items_[index] = *item;
    } else if (type == "response.completed" || type == "response.incomplete" || type == "response.failed") {
      const ReplyJson* response = find(event, "response");
      end(type.substr(type.find('.') + 1), response == nullptr ? ReplyJson::object() : *response);
      if (status_ == "in_progress") status_ = type.substr(type.find('.') + 1);
    } else if (type == "error" || text_of(event, "object") == "error" ||
               (type.empty() && find(event, "error") != nullptr)) {
      report(event);
    }
  }

  void add_document(const ReplyJson& document) override {
    if (find(document, "output") != nullptr || text_of(document, "object") == "response") {
      end("completed", document);
    } else if (find(document, "error") != nullptr || text_of(document, "object") == "error") {
      report(document);
    } else {
      break_off("answered with something that is no response (is model.base_url right?)");
    }
  }

  bool is_complete() const override { return !status_.empty(); }
  Usage usage() const override { return usage_; }

  /// `status` counts where the response names none.
  void end(std::string_view status, const ReplyJson& response) {
    const std::string_view own = text_of(response, "status");
    status_ = own.empty() ? status : own;
    if (const ReplyJson* counts = find(response, "usage")) read_usage(*counts);
    if (const ReplyJson* details = find(response, "incomplete_details"))
      incomplete_reason_ = text_of(*details, "reason");
    if (find(response, "error") != nullptr) report(response);
    const ReplyJson* output = find(response, "output");
    if (output != nullptr && output->is_array()) output_ = *output;
    // Some servers leave the list of the last event empty.
    if (output_.empty())
      for (auto& [index, item] : items_) output_.push_back(std::move(item));
  }

  void read_usage(const ReplyJson& counts) {
    if (const ReplyJson* details = find(counts, "input_tokens_details")) {
      usage_.cache_read = count_of(*details, "cached_tokens");
      usage_.cache_write = count_of(*details, "cache_write_tokens");
    }
    const std::int64_t all = count_of(counts, "input_tokens");
    usage_.input = std::max<std::int64_t>(all - usage_.cache_read - usage_.cache_write, 0);
    usage_.output = count_of(counts, "output_tokens");
  }

  /// The error in `object`, or the object itself, without a type that says no more than "error".
  void report(const ReplyJson& object) {
    const ReplyJson* inner = find(object, "error");
    ReplyJson error = inner == nullptr ? object : *inner;
    if (text_of(error, "type") == "error") error.erase("type");
    ReplyJson wrapped = ReplyJson::object();
    wrapped["error"] = std::move(error);
    report_error(dump_reply(wrapped));
  }

  ModelResult judge() override {
    if (status_ == "incomplete") return judge_incomplete();
    if (status_ != "completed") return judge_unfinished();
    ResponsesOutput output = read_responses_output(output_);
    if (!output.refusal.empty()) return failed("refused", "refused: " + one_line(output.refusal));
    if (!output.foreign_call.empty())
      return failed("malformed",
                    "asked for a " + one_line(output.foreign_call) + ", which no tool of the task answers");
    ModelReplied replied;
    replied.text = std::move(output.text);
    replied.calls = std::move(output.calls);
    replied.provider_content = std::move(output.echo);
    return accept(std::move(replied));
  }

  ModelResult judge_incomplete() const {
    if (incomplete_reason_ == "max_output_tokens") {
      return failed("length",
                    "cut the reply off at its limit of output tokens: raise model.max_output_tokens");
    }
    if (incomplete_reason_ == "content_filter")
      return failed("refused", "held the reply back: content_filter");
    return failed("malformed", "left the reply incomplete" +
                                   (incomplete_reason_.empty() ? "" : ": " + one_line(incomplete_reason_)));
  }

  ModelResult judge_unfinished() const {
    if (status_ == "queued" || status_ == "in_progress") {
      ModelResult result = failed("bad_request", "put the reply off (" + status_ +
                                                     "): agentd does not wait for background responses");
      std::get<ModelFailed>(result).retryable = false;
      return result;
    }
    if (status_ == "failed")
      return failed("overloaded", "gave the reply up with an error that it did not name");
    return failed("overloaded", "gave the reply up: " + one_line(status_));
  }

  /// Names the setting that mends what this interface alone can fail of.
  void advise(ModelFailed& failed) const {
    const auto says = [&](std::string_view part) { return failed.message.find(part) != std::string::npos; };
    const bool no_such_path = http_status_ == 404 || http_status_ == 405;
    if (no_such_path && !says("model") && !says("Item with id"))
      failed.message +=
          " (is model.base_url right? a server without /responses wants model.provider: openai)";
    if (says("Encrypted content is not supported")) failed.message += " (set include: [] in model.extra)";
  }

  int http_status_ = 0;
  std::string status_;  ///< empty until the response is over
  std::string incomplete_reason_;
  std::map<std::int64_t, ReplyJson> items_;  ///< as the stream completed them, by their place
  ReplyJson output_ = ReplyJson::array();
  Usage usage_;
};

}  // namespace

std::unique_ptr<ReplyDecoder> make_responses_decoder() {
  return std::make_unique<ResponsesDecoder>();
}

}  // namespace agentd
