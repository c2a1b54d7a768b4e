#include "core/decide.h"

#include <algorithm>
#include <array>

#include "core/text.h"
#include "prompts.h"

// The policy is the list at the end: the first rule that has an answer decides.

namespace agentd {

namespace {

using Decision = std::optional<Action>;

/// Calls begun at a time: what a crash can leave unsettled.
constexpr std::size_t kParallelCalls = 8;
/// A longer wait is not slept through: the run is suspended and says when to come back.
constexpr std::int64_t kLongestWaitMs = 60'000;
/// When to come back after an outage that outlasted all retries.
constexpr std::int64_t kOutageMs = 60'000;

Effect effect_of(const State& state, const std::string& tool) {
  for (const ToolSpec& spec : state.tools)
    if (spec.name == tool) return spec.effect;
  return Effect::Once;  // it may have been a tool of the task when the call began
}

Append suspend(std::string reason, std::string message,
               std::optional<std::int64_t> resume_at_ms = std::nullopt) {
  return {{Suspended{std::move(reason), resume_at_ms, std::move(message)}}};
}

Decision is_over(const State& state, const Now&) {
  if (state.ending || state.suspended) return Return{};
  return std::nullopt;
}

Decision is_answer(const State& state, const Now&) {
  if (!state.answered) return std::nullopt;
  return Append{{Completed{state.transcript.back().text}}};
}

Decision is_stuck(const State& state, const Now&) {
  const std::int64_t limit = state.task.limits.stuck_after;
  if (state.idle_invocations <= limit) return std::nullopt;
  return Append{
      {Failed{"stuck", std::to_string(state.idle_invocations - 1) +
                           " invocations in a row ended without a new step; see 'agentd log', mend the "
                           "cause, raise limits.stuck_after and run again"}}};
}

Decision must_stop(const State&, const Now& now) {
  if (now.stop == StopReason::None) return std::nullopt;
  if (now.stop == StopReason::Signal) return suspend("signal", "stopped by a signal");
  return suspend("deadline", "the deadline of this invocation has come");
}

/// A call that a dead invocation had started: done again only where that is safe.
Decision has_interrupted_call(const State& state, const Now&) {
  Append append;
  for (const CallState& c : state.calls) {
    if (c.status != CallStatus::Started || c.invocation == state.invocation) continue;
    if (effect_of(state, c.call.name) == Effect::Once)
      append.events.push_back(
          ToolFinished{c.id, {Outcome::Unknown, std::string(prompts::interrupted), {}}, 0});
    else
      append.events.push_back(ToolStarted{c.id, c.call.name});
  }
  if (append.events.empty()) return std::nullopt;
  return append;
}

Decision has_started_call(const State& state, const Now&) {
  RunTools run;
  for (const CallState& c : state.calls)
    if (c.status == CallStatus::Started)
      run.calls.push_back(
          {c.id, c.call.name, c.call.arguments,
           hash_hex(state.run + "/" + std::to_string(state.started_at_ms) + "/" + to_string(c.id))});
  if (run.calls.empty()) return std::nullopt;
  return run;
}

Decision has_open_call(const State& state, const Now&) {
  Append append;
  for (const CallState& c : state.calls)
    if (c.status == CallStatus::Open && append.events.size() < kParallelCalls)
      append.events.push_back(ToolStarted{c.id, c.call.name});
  if (append.events.empty()) return std::nullopt;
  return append;
}

Decision has_failed(const State& state, const Now&) {
  if (state.failed_attempts == 0 || state.failure->retryable) return std::nullopt;
  return Append{{Failed{state.failure->reason, state.failure->message, state.failure->reason != "refused"}}};
}

Decision has_reached_limit(const State& state, const Now& now) {
  auto limit = used_up_limit(state, state.task.limits, now.wall_ms);
  if (!limit) return std::nullopt;
  return Append{{std::move(*limit)}};
}

Decision has_spent_retries(const State& state, const Now& now) {
  if (state.failed_attempts <= state.task.model.retries) return std::nullopt;
  const std::string& reason = state.failure->reason;
  if (reason == "empty" || reason == "malformed")  // billed each time: not to be repeated without a look
    return Append{{Failed{reason, state.failure->message, true}}};
  const std::int64_t resume_at = std::max(state.retry_at_ms, now.wall_ms + kOutageMs);
  return suspend("outage", state.failure->message, resume_at);
}

Decision must_wait(const State& state, const Now& now) {
  const std::int64_t wait = state.retry_at_ms - now.wall_ms;
  if (wait <= 0) return std::nullopt;
  if (wait <= kLongestWaitMs && (!now.time_left_ms || wait < *now.time_left_ms))
    return Wait{state.retry_at_ms};
  return suspend(state.failure ? state.failure->reason : "timer", state.failure ? state.failure->message : "",
                 state.retry_at_ms);
}

/// Each invocation that got nowhere believes half as much in the guess, so that one slow reply cannot end a
/// run.
Decision has_no_time(const State& state, const Now& now) {
  const std::int64_t doubts = std::clamp<std::int64_t>(state.idle_invocations - 1, 0, 62);
  if (!now.time_left_ms || *now.time_left_ms >= state.expected_reply_ms >> doubts) return std::nullopt;
  return suspend("deadline", "a model call would not end before the deadline");
}

constexpr std::array kRules{
    is_over,          is_answer,     is_stuck,   must_stop,         has_interrupted_call,
    has_started_call, has_open_call, has_failed, has_reached_limit, has_spent_retries,
    must_wait,        has_no_time};

std::string format_usd(double amount) {
  std::string text = std::to_string(amount);  // six digits
  text.erase(std::max(text.find_last_not_of('0') + 1, text.find('.') + 3));
  return text + " USD";
}

LimitReached limit_reached(const std::string& limit, const std::string& amount) {
  return {limit, "limits." + limit + " (" + amount + ") is used up: raise it and run again"};
}

}  // namespace

Action next_action(const State& state, const Now& now) {
  for (const auto& rule : kRules)
    if (Decision decision = rule(state, now)) return std::move(*decision);
  return AskModel{};
}

std::optional<LimitReached> used_up_limit(const State& state, const Limits& limits, std::int64_t wall_ms) {
  if (limits.steps && state.step >= *limits.steps)
    return limit_reached("steps", std::to_string(*limits.steps));
  if (limits.tokens && state.usage.total() >= *limits.tokens)
    return limit_reached("tokens", std::to_string(*limits.tokens));
  if (limits.cost_usd && !state.cost_usd)
    return LimitReached{
        "cost_usd",
        "limits.cost_usd cannot be kept: a model call of this run had no known price or usage; "
        "remove the limit and run again"};
  if (limits.cost_usd && *state.cost_usd >= *limits.cost_usd)
    return limit_reached("cost_usd", format_usd(*limits.cost_usd));
  if (limits.duration_ms && wall_ms - state.started_at_ms >= *limits.duration_ms)
    return limit_reached("duration", format_duration(*limits.duration_ms));
  return std::nullopt;
}

bool can_go_on(const State& state, const Limits& limits, std::int64_t wall_ms) {
  if (!state.ending) return true;
  return std::visit(overloaded{[](const Completed&) { return false; }, [](const Cancelled&) { return false; },
                               [&](const Failed& e) {
                                 return e.can_resume ||
                                        (e.reason == "stuck" && state.idle_invocations <= limits.stuck_after);
                               },
                               [&](const LimitReached&) { return !used_up_limit(state, limits, wall_ms); }},
                    *state.ending);
}

}  // namespace agentd
