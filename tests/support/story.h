#pragma once

#include <vector>

#include "core/state.h"

namespace agentd {

/// A journal written by hand: gives each event its seq, step and time (1 s apart, from 1000 s).
class Story {
 public:
  Story() = default;
  explicit Story(const std::vector<Event>& events) {
    for (const Event& event : events) tell(event);
  }
  Story& tell(Event event) {
    const bool replied = std::holds_alternative<ModelReplied>(event);
    Record record{state_.seq + 1, 1'000'000 + 1000 * state_.seq, state_.step + (replied ? 1 : 0),
                  std::move(event)};
    state_.apply(record);
    records_.push_back(std::move(record));
    return *this;
  }
  const State& state() const { return state_; }
  const std::vector<Record>& records() const { return records_; }

 private:
  State state_;
  std::vector<Record> records_;
};

inline RunStarted a_start() {
  RunStarted start;
  start.run = "demo-1";
  start.task.name = "demo";
  start.task.goal = "Count the words.";
  start.task.model.provider = "scripted";
  start.task.model.script = R"([{"answer":"done"}])";
  start.goal = start.task.goal;
  start.system = "Be brief.";
  start.tools = {{"look", "Looks.", "{}", Effect::Read},
                 {"put", "Puts.", "{}", Effect::Idempotent},
                 {"fire", "Fires.", "{}", Effect::Once}};
  start.agentd = "0.1.0";
  return start;
}

inline InvocationStarted an_invocation() {
  return {"host", 42, "0.1.0"};
}

inline ModelReplied a_reply(std::vector<ToolCall> calls, std::string text = "") {
  ModelReplied reply;
  reply.text = std::move(text);
  reply.calls = std::move(calls);
  reply.usage = {10, 5, 0, 3};
  reply.cost_usd = 0.25;
  reply.provider = "scripted";
  reply.duration_ms = 2000;
  return reply;
}

inline ToolCall a_call(const std::string& tool) {
  return {"id-" + tool, tool, "{}"};
}

inline ToolFinished a_result(CallId call, std::string text = "fine", Outcome outcome = Outcome::Ok) {
  return {call, {outcome, std::move(text), {}}, 7};
}

}  // namespace agentd
