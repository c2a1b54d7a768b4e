#include "core/model/text_model.h"

#include <nlohmann/json.hpp>

#include "core/model/history.h"
#include "core/sentences.h"
#include "prompts.h"

namespace agentd {
namespace {

/// Marks a reply whose provider_content is its plain text.
constexpr std::string_view kProvider = "text";

/// A reply in the words of the form: its own, or made of another provider's.
std::string written(const Message& reply) {
  if (reply.provider == kProvider && !reply.provider_content.empty())
    return nlohmann::json::parse(reply.provider_content).get<std::string>();
  std::string text;
  if (!reply.text.empty()) text = (reply.calls.empty() ? "Final Answer: " : "Thought: ") + reply.text + "\n";
  for (const ToolCall& call : reply.calls)
    text += "Action: " + call.name + "\nAction Input: " + call.arguments + "\n";
  return text;
}

std::string read_by_model(const Message& message, bool one_of_many) {
  if (message.role != Role::Tool) return message.text;
  return "Observation" + (one_of_many ? " of " + message.call.name : "") + ": " + message.text;
}

/// Roles alternate: the chat templates of many small models want it.
std::vector<Message> to_text(std::span<const Message> messages) {
  std::vector<Message> out;
  for (const Turn& turn : to_turns(messages)) {
    Message& message = out.emplace_back(Message{.role = turn.is_reply ? Role::Assistant : Role::User});
    const bool many = turn.messages.size() > 1 && turn.messages[1].role == Role::Tool;
    for (const Message& part : turn.messages) {
      if (!message.text.empty()) message.text += "\n\n";
      message.text += turn.is_reply ? written(part) : read_by_model(part, many);
    }
  }
  return out;
}

class TextModel : public Model {
 public:
  explicit TextModel(std::unique_ptr<Model> model) : model_(std::move(model)) {}

  ModelResult ask(const ModelRequest& request, const Stop& stop) override {
    const std::vector<Message> messages = to_text(request.messages);
    const std::string system = std::string(request.system) + "\n\n" + std::string(request.text_protocol);
    ModelRequest plain = request;
    plain.system = system;
    plain.tools = {};
    plain.messages = messages;
    plain.answer_schema = {};
    ModelResult result = model_->ask(plain, stop);
    auto* replied = std::get_if<ModelReplied>(&result);
    if (replied == nullptr || !replied->calls.empty() || request.wants_summary) return result;
    ModelReplied reply = read_text_reply(std::move(*replied), request.tools);
    reply.provider = kProvider;
    return reply;
  }

 private:
  std::unique_ptr<Model> model_;
};

}  // namespace

std::string render_text_protocol(std::span<const ToolSpec> tools) {
  std::string list;
  for (const ToolSpec& tool : tools)
    list += "\n" + tool.name + ": " + tool.description + "\nAction Input: " + tool.parameters + "\n";
  return fill(prompts::text_protocol, {{"tools", list.empty() ? "(none)" : list}});
}

std::unique_ptr<Model> make_text_model(std::unique_ptr<Model> model) {
  return std::make_unique<TextModel>(std::move(model));
}

}  // namespace agentd
