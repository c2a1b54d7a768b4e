#include <nlohmann/json.hpp>

#include "core/task_json.h"
#include "core/text.h"
#include "tools/answers.h"
#include "tools/argument_texts.h"
#include "tools/task_tools.h"

namespace agentd {
namespace {

using Json = nlohmann::ordered_json;

/// The arguments of a call are the inputs of its run.
std::string parameters_of(const Task& task) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const InputSetup& input : task.inputs) {
    Json& property = properties[input.name] = {{"type", input.type}};
    if (!input.description.empty()) property["description"] = input.description;
    if (input.required) required.push_back(input.name);
  }
  Json schema = {{"type", "object"}, {"properties", properties}};
  if (!required.empty()) schema["required"] = required;
  schema["additionalProperties"] = false;
  return schema.dump();
}

Inputs inputs_of(const Task& task, const std::string& arguments) {
  Inputs inputs;
  for (const InputSetup& input : task.inputs) inputs[input.name] = input.default_value.value_or("");
  for (auto& [name, text] : argument_texts(arguments)) inputs[name] = text.plain;
  return inputs;
}

/// Why the run ended without an answer, in a word and a sentence.
std::string reason_of(const Ending& ending) {
  return std::visit(overloaded{[](const Completed&) { return std::string(); },
                               [](const Failed& e) { return e.reason + ": " + e.message; },
                               [](const Cancelled&) { return std::string(sentence("agent_cancelled")); },
                               [](const LimitReached& e) { return e.limit + ": " + e.message; }},
                    ending);
}

/// The run that called this one can go on when this one can.
Suspended held_by(const State& child) {
  Suspended held = *child.suspended;
  if (held.child.empty()) {
    held.child = child.run;
    held.message = "run " + child.run + ": " + held.message;
  }
  return held;
}

class Agent final : public Tool {
 public:
  explicit Agent(const ToolSetup& setup)
      : task_(child_task(setup)), spec_(task_tool_spec(setup, Effect::Idempotent)) {
    spec_.parameters = parameters_of(task_);
    for (const ToolSetup& tool : task_.tools) make_tool(tool);  // throws where a setting is wrong
  }

  ToolSpec spec() const override { return spec_; }

  ToolAnswer run(const ToolRun& call, const ToolContext& context, const OutputSink&) const override {
    const Inputs inputs = inputs_of(task_, fitting_arguments(spec_, call.arguments));
    const State child = context.children->run(call, task_, inputs, context.stop);
    if (!child.ending) return pause_of(child, context);
    const Spent spent{child.usage, child.model_calls, child.cost_usd};
    if (const auto* completed = std::get_if<Completed>(&*child.ending))
      return {.text = completed->result, .spent = spent};
    const std::string text =
        fill(sentence("agent_failed"), {{"run", child.run}, {"why", reason_of(*child.ending)}});
    return {.outcome = Outcome::Error, .text = text, .spent = spent};
  }

 private:
  /// Cut off by the end of this invocation, the call goes on in the next one by itself.
  static ToolAnswer pause_of(const State& child, const ToolContext& context) {
    const bool is_over = context.stop.reason() != StopReason::None;
    if (is_over || !child.suspended) return {.outcome = Outcome::Unknown, .cut_off = true};
    return {.event = held_by(child)};
  }

  Task task_;
  ToolSpec spec_;
};

}  // namespace

std::unique_ptr<Tool> make_agent(const ToolSetup& setup) {
  return std::make_unique<Agent>(setup);
}

}  // namespace agentd
