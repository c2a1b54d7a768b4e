#include "core/model/answer_check.h"

#include "core/json_schema.h"
#include "core/json_text.h"
#include "core/sentences.h"
#include "core/text.h"
#include "prompts.h"

namespace agentd {
namespace {

/// Without the code fence that models like to put around JSON, and the words around that.
std::string_view bare(std::string_view text) {
  constexpr std::string_view kFence = "```";
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  text = trimmed(text);
  const std::size_t open = text.find(kFence);
  const std::size_t line = text.find('\n', open), close = text.rfind(kFence);
  if (is_json(text) || line == std::string_view::npos || close <= line) return text;
  return trimmed(text.substr(line, close - line));
}

void check_answer(ModelReplied& reply, const std::string& schema) {
  const std::string answer(bare(reply.text));
  const bool is_value = is_json(answer);
  const auto error = schema_error(schema, answer);
  if (is_value && !error) {
    reply.text = answer;
    return;
  }
  const std::string_view sentence = is_value ? sentence_of(prompts::complaints, "answer_wrong")
                                             : sentence_of(prompts::complaints, "answer_no_json");
  reply.rejected = "invalid_answer";
  reply.complaint = fill(sentence, {{"why", error.value_or("it is no JSON value")}});
}

class CheckedModel : public Model {
 public:
  explicit CheckedModel(std::unique_ptr<Model> model) : model_(std::move(model)) {}
  ModelResult ask(const ModelRequest& request, const Stop& stop) override {
    ModelResult result = model_->ask(request, stop);
    auto* reply = std::get_if<ModelReplied>(&result);
    if (reply == nullptr || request.answer_schema.empty()) return result;
    if (reply->calls.empty() && !reply->unfinished && reply->rejected.empty())
      check_answer(*reply, std::string(request.answer_schema));
    return result;
  }

 private:
  std::unique_ptr<Model> model_;
};

}  // namespace

std::unique_ptr<Model> make_checked_model(std::unique_ptr<Model> model) {
  return std::make_unique<CheckedModel>(std::move(model));
}

}  // namespace agentd
