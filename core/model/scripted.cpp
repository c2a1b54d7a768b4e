#include "core/model/scripted.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"

namespace agentd {
namespace {

using nlohmann::ordered_json;
using Observations = std::vector<std::string_view>;

struct ScriptedCall {
  std::string tool;
  ordered_json arguments;
};

struct Turn {
  std::optional<ordered_json> answer;
  std::string say;
  std::vector<ScriptedCall> calls;
};

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
  throw Error(Exit::Usage, "model." + where + ": " + why);
}

ScriptedCall read_call(const ordered_json& json, const std::string& where) {
  if (!json.is_object() || json.size() != 1)
    refuse(where, "a call is one tool with its arguments: {TOOL: {…}}");
  const auto call = json.items().begin();
  if (!call.value().is_object() && !call.value().is_null()) {
    refuse(where + "." + call.key(), "the arguments must be a mapping");
  }
  return {call.key(), call.value().is_null() ? ordered_json::object() : call.value()};
}

Turn read_turn(const ordered_json& json, const std::string& where) {
  constexpr const char* kForm = "a turn is `answer`, or `call` or `calls` with or without `say`";
  if (!json.is_object()) refuse(where, kForm);
  Turn turn;
  for (const auto& [key, value] : json.items()) {
    if (key == "answer") {
      turn.answer = value;
    } else if (key == "say" && value.is_string()) {
      turn.say = value;
    } else if (key == "call") {
      turn.calls.push_back(read_call(value, where + ".call"));
    } else if (key == "calls" && value.is_array()) {
      for (const ordered_json& call : value) turn.calls.push_back(read_call(call, where + ".calls"));
    } else {
      refuse(where + "." + key, kForm);
    }
  }
  const bool both_lists = json.contains("call") && json.contains("calls");
  const bool good = turn.answer ? json.size() == 1 : !turn.calls.empty() && !both_lists;
  if (!good) refuse(where, kForm);
  return turn;
}

void render_strings(ordered_json& json, const Inputs& inputs, const Observations& observations) {
  if (json.is_string()) {
    json = render_template(json.get_ref<const std::string&>(), inputs, observations);
  } else if (json.is_structured()) {
    for (ordered_json& part : json) render_strings(part, inputs, observations);
  }
}

std::string to_text(const ordered_json& json) {
  if (json.is_string()) return json.get<std::string>();
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// About four bytes a token, so that token limits can be tried offline.
std::int64_t tokens(std::size_t bytes) {
  return static_cast<std::int64_t>((bytes + 3) / 4);
}

Usage estimate(const ModelRequest& request, const ModelReplied& replied) {
  std::size_t input = request.system.size();
  for (const Message& message : request.messages) {
    input += message.text.size();
    for (const ToolCall& call : message.calls) input += call.arguments.size();
  }
  std::size_t output = replied.text.size();
  for (const ToolCall& call : replied.calls) output += call.name.size() + call.arguments.size();
  return {.input = tokens(input), .output = tokens(output)};
}

ModelFailed failure(std::string message) {
  return {.reason = "script", .message = std::move(message)};
}

class ScriptedModel : public Model {
 public:
  ScriptedModel(std::vector<Turn> turns, Inputs inputs)
      : turns_(std::move(turns)), inputs_(std::move(inputs)) {}

  ModelResult ask(const ModelRequest& request, const Stop& stop) override {
    if (stop.reason() != StopReason::None) return Interrupted{};
    if (request.wants_summary) return summary(request);
    std::size_t turn = 0;
    Observations observations(static_cast<std::size_t>(request.summarised_results));
    for (const Message& message : request.messages) {
      if (message.role == Role::Assistant) ++turn;
      if (message.role == Role::Tool) observations.push_back(message.text);
    }
    turn = std::max(turn, static_cast<std::size_t>(request.step));
    const std::string name = std::to_string(turn + 1);
    if (turn >= turns_.size())
      return failure("the script has no turn " + name + ": it ends without an answer");
    try {
      ModelReplied replied = play(turns_[turn], observations);
      replied.model = request.setup.name;
      replied.usage = estimate(request, replied);
      return replied;
    } catch (const Error& error) {
      return failure("turn " + name + " of the script: " + error.what());
    }
  }

 private:
  static ModelReplied summary(const ModelRequest& request) {
    ModelReplied replied;
    replied.provider = "scripted";
    replied.model = request.setup.name;
    replied.cost_usd = 0;
    replied.text = "Steps 1 to " + std::to_string(request.step) + " are done.";
    replied.usage = estimate(request, replied);
    return replied;
  }

  ModelReplied play(const Turn& turn, const Observations& observations) const {
    ModelReplied replied;
    replied.provider = "scripted";
    replied.cost_usd = 0;
    ordered_json text = turn.answer.value_or(turn.say);
    render_strings(text, inputs_, observations);
    replied.text = to_text(text);
    for (const ScriptedCall& call : turn.calls) {
      ordered_json arguments = call.arguments;
      render_strings(arguments, inputs_, observations);
      replied.calls.push_back({{}, call.tool, to_text(arguments)});
    }
    return replied;
  }

  std::vector<Turn> turns_;
  Inputs inputs_;
};

}  // namespace

std::unique_ptr<Model> make_scripted_model(const ModelSetup& setup, const Inputs& inputs) {
  const ordered_json script = ordered_json::parse(setup.script, nullptr, false);
  if (!script.is_array() || script.empty()) refuse("script", "a scripted model needs a list of turns");
  std::vector<Turn> turns;
  for (const ordered_json& turn : script) {
    turns.push_back(read_turn(turn, "script[" + std::to_string(turns.size()) + "]"));
  }
  return std::make_unique<ScriptedModel>(std::move(turns), inputs);
}

}  // namespace agentd
