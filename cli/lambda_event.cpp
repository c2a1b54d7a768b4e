#include "cli/lambda_event.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/store/memory_dir.h"
#include "core/text.h"

namespace agentd {

namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 7> kActions{"run",     "resume", "tick",  "send",
                                                   "approve", "deny",   "cancel"};
constexpr std::array<std::string_view, 7> kMembers{"task", "run", "inputs", "action", "text", "call", "why"};

[[noreturn]] void refuse(const std::string& message) {
  throw Error(Exit::Usage, "event: " + message);
}

Json object_from(const std::string& text) {
  Json event = Json::parse(text, nullptr, false);
  if (!event.is_object()) refuse(R"(expected a JSON object, such as {"task": "task.yaml"})");
  return event;
}

/// Null where it is missing.
const Json* member(const Json& event, const char* name) {
  const auto found = event.find(name);
  return found == event.end() || found->is_null() ? nullptr : &*found;
}

std::string text_of(const Json& event, const char* name) {
  const Json* value = member(event, name);
  if (value == nullptr) return "";
  if (!value->is_string()) refuse("'" + std::string(name) + "' must be a text");
  return value->get<std::string>();
}

std::string hint(const std::string& word, std::span<const std::string_view> known) {
  const std::string_view meant = nearest(word, known);
  return meant.empty() ? "" : "; did you mean '" + std::string(meant) + "'?";
}

/// What a scheduler adds of its own stays unread; what looks like a slip of the pen does not.
void check_names(const Json& event) {
  for (const auto& [name, value] : event.items()) {
    if (std::find(kMembers.begin(), kMembers.end(), name) != kMembers.end()) continue;
    const std::string meant = hint(name, kMembers);
    if (!meant.empty()) refuse("there is no '" + name + "'" + meant);
  }
}

std::string action_of(const Json& event) {
  const std::string action = text_of(event, "action");
  if (action.empty()) return "run";
  if (std::find(kActions.begin(), kActions.end(), action) == kActions.end())
    refuse("there is no action '" + action + "'" + hint(action, kActions));
  return action;
}

void take_task(const Json& event, Args& args) {
  const Json* task = member(event, "task");
  if (task != nullptr && task->is_string() && *task != "") {
    args.target = task->get<std::string>();
  } else if (task != nullptr && task->is_object()) {
    args.target = "event.task";
    args.task_text = task->dump(2, ' ', false, Json::error_handler_t::replace);
  } else {
    refuse("'task' must be the path of a task file in the image, or a task as a JSON object");
  }
}

void take_inputs(const Json& event, Args& args) {
  const Json* inputs = member(event, "inputs");
  if (inputs == nullptr) return;
  if (!inputs->is_object()) refuse("'inputs' must be an object");
  for (const auto& [name, value] : inputs->items()) {
    if (value.is_structured() || value.is_null())
      refuse("input '" + name + "' must be a text, a number, true or false");
    args.inputs.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
}

void take_run(const Json& event, Args& args) {
  const std::string run = text_of(event, "run");
  if (!run.empty() && !is_run_id(run)) refuse("'" + run + "' is no run id: use a-z, 0-9, '.', '_' and '-'");
  if (args.command == "run") {
    if (!run.empty()) args.run = run;
    return;
  }
  if (run.empty() && args.command != "tick")
    refuse("the action '" + args.command + "' needs 'run', a run's id");
  args.target = run;
}

}  // namespace

std::optional<SqsBatch> batch_from_event(const std::string& text) {
  const Json event = object_from(text);
  const Json* records = member(event, "Records");
  if (records == nullptr) return std::nullopt;
  SqsBatch batch;
  for (const Json& record : *records) {
    if (!record.is_object() || record.value("eventSource", Json()) != "aws:sqs")
      refuse("of batches, those of SQS alone are understood");
    batch.messages.push_back({text_of(record, "messageId"), text_of(record, "body")});
    batch.is_ordered = text_of(record, "eventSourceARN").ends_with(".fifo");
  }
  return batch;
}

Args args_from_event(const std::string& text, Args given) {
  const Json event = object_from(text);
  check_names(event);
  Args args = std::move(given);
  args.event.reset();
  args.output = Output::Json;
  args.command = action_of(event);
  take_run(event, args);
  if (args.command == "run") take_task(event, args);
  if (args.command == "run") take_inputs(event, args);
  args.text = text_of(event, args.command == "deny" ? "why" : "text");
  args.call = text_of(event, "call");
  if (!args.call.empty() && !is_call(args.call))
    refuse("'" + args.call + "' is no call: write STEP.INDEX, such as 3.1");
  if (args.command == "send" && args.text.find_first_not_of(" \t\r\n") == std::string::npos)
    refuse("the action 'send' needs 'text'");
  return args;
}

}  // namespace agentd
