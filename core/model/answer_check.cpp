#include "core/model/answer_check.h"

#include <nlohmann/json.hpp>

#include "core/json_schema.h"
#include "core/sentences.h"
#include "prompts.h"

namespace agentd {
namespace {

/// Without the code fence that models like to put around JSON.
std::string_view bare(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto trim = [&](std::string_view& view) {
    view.remove_prefix(std::min(view.find_first_not_of(kSpace), view.size()));
    view = view.substr(0, view.find_last_not_of(kSpace) + 1);
  };
  trim(text);
  if (!text.starts_with("```") || !text.ends_with("```") || text.find('\n') == std::string_view::npos)
    return text;
  text.remove_suffix(3);
  text.remove_prefix(std::min(text.find('\n'), text.size()));
  trim(text);
  return text;
}

void check_answer(ModelReplied& reply, const std::string& schema) {
  const std::string answer(bare(reply.text));
  const bool is_json = nlohmann::json::accept(answer);
  const auto error = schema_error(schema, answer);
  if (is_json && !error) {
    reply.text = answer;
    return;
  }
  const std::string_view sentence = is_json ? sentence_of(prompts::complaints, "answer_wrong")
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
