#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/children.h"
#include "cli/commands.h"
#include "cli/memory_key.h"
#include "cli/narrate.h"
#include "cli/report.h"
#include "cli/runs.h"
#include "core/os/system_clock.h"
#include "core/text.h"

namespace agentd {

namespace {

using Json = nlohmann::ordered_json;

/// One step, put together while the records pass by.
class StepView {
 public:
  explicit StepView(std::int64_t step) : step_(step) {}

  void saw(const Record& record) {
    if (const auto* reply = std::get_if<ModelReplied>(&record.event);
        reply != nullptr && record.step == step_)
      take(*reply);
    if (const auto* finished = std::get_if<ToolFinished>(&record.event);
        finished != nullptr && finished->call.step == step_)
      results_[finished->call] = *finished;
  }

  bool is_there() const { return is_there_; }

  Json json() const {
    Json calls = Json::array();
    for (const auto& [id, call] : calls_) {
      Json entry = {{"call", to_string(id)}, {"tool", call.name}, {"arguments", call.arguments},
                    {"outcome", nullptr},    {"result", nullptr}, {"output_path", nullptr}};
      if (const auto found = results_.find(id); found != results_.end()) {
        const ToolResult& result = found->second.result;
        entry["outcome"] = word_for(result.outcome);
        entry["result"] = result.text;
        if (!result.output_path.empty()) entry["output_path"] = result.output_path;
      }
      calls.push_back(std::move(entry));
    }
    return {{"step", step_}, {"text", text_}, {"calls", std::move(calls)}};
  }

  std::string text() const {
    std::string out = "step " + std::to_string(step_) + "\n" + printable(text_) + (text_.empty() ? "" : "\n");
    for (const auto& [id, call] : calls_) {
      out += "\n[" + to_string(id) + "] " + one_line(call.name) + " " + printable(call.arguments) + "\n";
      if (const auto found = results_.find(id); found != results_.end())
        out += facts_of(found->second) + "\n" + printable(found->second.result.text) + "\n";
      else
        out += "no result yet\n";
    }
    return out;
  }

 private:
  void take(const ModelReplied& reply) {
    is_there_ = true;
    text_ = reply.text;
    for (const ToolCall& call : reply.calls)
      calls_[{step_, static_cast<std::int64_t>(calls_.size()) + 1}] = call;
  }

  std::int64_t step_;
  bool is_there_ = false;
  std::string text_;
  std::map<CallId, ToolCall> calls_;
  std::map<CallId, ToolFinished> results_;
};

Json run_json(const RunView& view, std::int64_t now_ms, const std::vector<State>& below) {
  Json json = report_of(view.state, standing_of(view), now_ms, below);
  for (const char* key : {"steps_this_invocation", "result_path"}) json.erase(key);
  if (const std::string* answer = answer_of(view.state)) json["result"] = *answer;
  json["parent"] = view.state.parent.empty() ? Json() : Json(view.state.parent);
  json["goal"] = view.state.goal;
  json["inputs"] = view.state.inputs;
  const ModelSetup& model = view.state.task.model;
  json["model"] = model.name.empty() ? model.provider : model.provider + "/" + model.name;
  const bool has_begun = view.state.seq > 0;
  json["started_at"] = has_begun ? Json(format_time(view.state.started_at_ms)) : Json();
  json["updated_at"] = format_time(view.updated_at_ms);
  return json;
}

std::string status_text(const RunView& view) {
  const State& state = view.state;
  const Standing standing = standing_of(view);
  std::string text = standing.status;
  if (!standing.reason.empty() && standing.reason != standing.status)
    text += " (" + one_line(standing.reason) + ")";
  if (!standing.message.empty()) text += ": " + one_line(standing.message, 400);
  return text + resume_text(state);
}

std::string pending_text(const CallState& call) {
  const std::string head = "[" + to_string(call.id) + "] ";
  if (call.status == CallStatus::Asking) return head + one_line(call.question, 400);
  return head + one_line(call.call.name) + " " + one_line(call.call.arguments, 400);
}

/// `prefix`: whose they are.
std::string pending_lines(const State& state, const std::string& prefix = "") {
  std::string lines;
  for (const CallState& call : state.calls)
    if (!state.ending && needs_person(call)) lines += "pending " + prefix + pending_text(call) + "\n";
  return lines;
}

std::string run_text(const RunView& view, const std::vector<State>& below) {
  const State& state = view.state;
  const Usage& usage = state.usage;
  const auto steps = state.task.limits.steps;
  std::string out = "run     " + state.run + "\n";
  if (!state.parent.empty()) out += "parent  " + state.parent + "\n";
  out += "status  " + status_text(view) + "\n";
  out += "steps   " + std::to_string(state.step) + (steps ? " of " + std::to_string(*steps) : "") + ", in " +
         std::to_string(state.invocation) + " invocations\n";
  out += "usage   " + std::to_string(state.model_calls) + " model calls, " +
         std::to_string(usage.total() - usage.output) + " tokens in (" + std::to_string(usage.cache_read) +
         " cached), " + std::to_string(usage.output) + " out, " + cost_text(state) + "\n";
  if (state.seq > 0)
    out += "time    " + format_time(state.started_at_ms) + " to " + format_time(view.updated_at_ms) + "\n";
  out += "goal    " + printable(state.goal);
  if (out.back() != '\n') out += '\n';
  out += pending_lines(state);
  for (const State& child : below) out += pending_lines(child, "run " + child.run + " ");
  if (const std::string* answer = answer_of(state)) out += "result  " + printable(*answer) + "\n";
  return out;
}

}  // namespace

Exit show_command(const Args& args) {
  const RunPaths paths = existing_run(look_at_memory(args), args.target);
  StepView step(args.step.value_or(0));
  const RunView view = view_run(paths, [&](const Record& record) { step.saw(record); });
  if (args.step && !step.is_there())
    throw Error(Exit::Usage, "run " + args.target + " has no step " + std::to_string(*args.step) +
                                 "; its last is " + std::to_string(view.state.step));
  const std::vector<State> below = children_for_person(paths, view.state);
  if (args.output == Output::Json) {
    const Json json = args.step ? step.json() : run_json(view, SystemClock().now_ms(), below);
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  } else {
    std::cout << (args.step ? step.text() : run_text(view, below));
  }
  return Exit::Completed;
}

}  // namespace agentd
