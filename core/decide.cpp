#include "core/decide.h"

#include <algorithm>
#include <array>

#include "core/call_rules.h"
#include "core/children.h"
#include "core/context.h"
#include "core/request.h"
#include "core/text.h"

// The policy is the list at the end: the first rule that has an answer decides.

namespace agentd {

namespace {

/// When to come back after an outage that outlasted all retries.
constexpr std::int64_t kOutageMs = 60'000;

/// Rejected replies in a row before the run is given up.
std::int64_t allowed_rejections(const std::string& reason) {
  return reason == "invalid_answer" ? 2 : 3;
}

/// Billed each time: not to be repeated without a look.
bool is_paid_for(const ModelFailed& failure) {
  return failure.reason == "empty" || failure.reason == "malformed";
}

bool is_given_up(const State& state, std::int64_t fallback, std::int64_t wall_ms) {
  const ModelHealth& model = state.models.at(static_cast<std::size_t>(fallback));
  if (model.down_until_ms > wall_ms) return true;
  return model.failed_attempts > 0 &&
         (!model.failure->retryable || model.failed_attempts > model_setup(state.task, fallback).retries);
}

/// The first model that is not given up; none if all are.
std::optional<std::int64_t> model_to_ask(const State& state, std::int64_t wall_ms) {
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(state.models.size()); ++i)
    if (!is_given_up(state, i, wall_ms)) return i;
  return std::nullopt;
}

Decision is_over(const State& state, const Now&) {
  if (state.ending || state.suspended) return Return{};
  return std::nullopt;
}

Decision is_answer(const State& state, const Now&) {
  if (!state.answered) return std::nullopt;
  return Append{{Completed{state.transcript.back().text}}};
}

/// A child counts its own invocations.
Decision is_stuck(const State& state, const Now&) {
  const std::int64_t limit = state.task.limits.stuck_after;
  if (state.idle_invocations <= limit || !open_children(state).empty()) return std::nullopt;
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

Decision is_unverified(const State& state, const Now&) {
  if (!state.is_unverified) return std::nullopt;
  return Append{
      {Failed{"verify",
              std::to_string(state.failed_checks) +
                  " answers in a row failed the task's checks; the last: " + state.transcript.back().text,
              true}}};
}

Decision is_rejected_too_often(const State& state, const Now&) {
  if (state.rejections == 0 || state.rejections <= allowed_rejections(state.rejected)) return std::nullopt;
  return Append{{Failed{
      state.rejected,
      std::to_string(state.rejections) +
          " replies in a row were no good; the last was answered with: " + state.transcript.back().text,
      true}}};
}

/// What a new attempt, by this model or another, would only repeat.
Decision has_failed(const State& state, const Now& now) {
  for (const ModelHealth& model : state.models)
    if (model.failed_attempts > 0 && is_final(*model.failure))
      return Append{
          {Failed{model.failure->reason, model.failure->message, model.failure->reason != "refused"}}};
  if (model_to_ask(state, now.wall_ms)) return std::nullopt;
  const auto may_pass = [](const ModelHealth& m) { return m.failure->retryable && !is_paid_for(*m.failure); };
  if (std::any_of(state.models.begin(), state.models.end(), may_pass)) return std::nullopt;
  const ModelFailed& first = *state.models.front().failure;
  return Append{{Failed{first.reason, first.message, true}}};
}

/// By the run that called this one.
std::optional<LimitReached> used_up_grant(const State& state, const Now& now) {
  const Limits granted{.steps = std::nullopt, .tokens = now.grant.tokens, .cost_usd = now.grant.cost_usd};
  std::optional<LimitReached> limit = used_up_limit(state, granted, now);
  if (!limit && now.grant.until_ms && now.wall_ms >= *now.grant.until_ms)
    limit = LimitReached{"duration", ""};
  if (limit) limit->message = "limits." + limit->limit + " of run " + state.parent + " leaves no more for it";
  return limit;
}

Decision has_reached_limit(const State& state, const Now& now) {
  auto limit = used_up_limit(state, state.task.limits, now);
  if (!limit) limit = used_up_grant(state, now);
  if (!limit) return std::nullopt;
  return Append{{std::move(*limit)}};
}

/// All models are down, and at least one of them may come back by itself.
Decision has_outage(const State& state, const Now& now) {
  if (model_to_ask(state, now.wall_ms)) return std::nullopt;
  const ModelHealth* next = nullptr;
  const auto back_at = [](const ModelHealth& m) { return std::max(m.retry_at_ms, m.down_until_ms); };
  std::string messages;
  for (const ModelHealth& model : state.models) {
    messages += (messages.empty() ? "" : "; ") + model.failure->message;
    if (model.failure->retryable && (next == nullptr || back_at(model) < back_at(*next))) next = &model;
  }
  return suspend("outage", messages, std::max(back_at(*next), now.wall_ms + kOutageMs));
}

/// Each invocation that got nowhere believes half as much in the guess, so that one slow reply cannot end a
/// run.
Decision has_no_time(const State& state, const Now& now) {
  const std::int64_t doubts = std::clamp<std::int64_t>(state.idle_invocations - 1, 0, 62);
  if (!now.time_left_ms || *now.time_left_ms >= state.expected_reply_ms >> doubts) return std::nullopt;
  return suspend("deadline", "a model call would not end before the deadline");
}

/// A fallback that can be asked at once, where the time left is too short to wait for the model before it.
std::optional<std::int64_t> other_model(const State& state, std::size_t model, const Now& now) {
  for (std::size_t i = model + 1; i < state.models.size() && state.resume_at_ms <= now.wall_ms; ++i)
    if (state.models[i].retry_at_ms <= now.wall_ms &&
        !is_given_up(state, static_cast<std::int64_t>(i), now.wall_ms))
      return static_cast<std::int64_t>(i);
  return std::nullopt;
}

Decision must_wait(const State& state, const Now& now) {
  const auto model = static_cast<std::size_t>(*model_to_ask(state, now.wall_ms));
  const std::int64_t until = std::max(state.resume_at_ms, state.models[model].retry_at_ms);
  const std::int64_t wait = until - now.wall_ms;
  if (wait <= 0) return std::nullopt;
  if (wait <= kLongestWaitMs && (!now.time_left_ms || wait < *now.time_left_ms)) return Wait{until};
  if (const auto other = other_model(state, model, now); other && !has_no_time(state, now))
    return AskModel{*other};
  return suspend(state.failure ? state.failure->reason : "timer", state.failure ? state.failure->message : "",
                 until);
}

constexpr std::array kRules{
    is_over,    is_answer,         is_stuck,   must_stop, has_calls,  is_unverified, is_rejected_too_often,
    has_failed, has_reached_limit, has_outage, must_wait, has_no_time};

std::string format_usd(double amount) {
  std::string text = std::to_string(amount);  // six digits
  text.erase(std::max(text.find_last_not_of('0') + 1, text.find('.') + 3));
  return text + " USD";
}

LimitReached limit_reached(const std::string& limit, const std::string& amount) {
  return {limit, "limits." + limit + " (" + amount + ") is used up: raise it and run again"};
}

LimitReached limit_too_near(const std::string& limit, const std::string& left, const std::string& needed) {
  return {limit, "limits." + limit + " leaves " + left + ", and the next call takes at least " + needed +
                     ": raise it and run again"};
}

std::optional<LimitReached> used_up_tokens(const State& state, std::int64_t limit) {
  if (state.usage.total() >= limit) return limit_reached("tokens", std::to_string(limit));
  const RequestSize size = request_size(state);
  const std::int64_t left = limit - state.usage.total();
  if (size.known + size.added <= left) return std::nullopt;
  return limit_too_near("tokens", std::to_string(left), std::to_string(size.known + size.added));
}

/// The next request costs at least as much as if all that was ever sent came from the cache.
std::optional<LimitReached> used_up_cost(const State& state, double limit, const Now& now) {
  if (!state.cost_usd)
    return LimitReached{
        "cost_usd",
        "limits.cost_usd cannot be kept: a model call of this run had no known price or usage; "
        "remove the limit and run again"};
  if (*state.cost_usd >= limit) return limit_reached("cost_usd", format_usd(limit));
  const auto model = static_cast<std::size_t>(model_to_ask(state, now.wall_ms).value_or(0));
  if (model >= now.prices.size() || !now.prices[model]) return std::nullopt;
  const RequestSize size = request_size(state);
  const double needed = cost_usd(*now.prices[model], {.input = size.added, .cache_read = size.known});
  if (*state.cost_usd + needed <= limit) return std::nullopt;
  return limit_too_near("cost_usd", format_usd(limit - *state.cost_usd), format_usd(needed));
}

}  // namespace

Action next_action(const State& state, const Now& now) {
  for (const auto& rule : kRules)
    if (Decision decision = rule(state, now)) return std::move(*decision);
  const std::int64_t model = *model_to_ask(state, now.wall_ms);
  if (Decision decision = make_room(state, model)) return std::move(*decision);
  return AskModel{model};
}

std::optional<LimitReached> used_up_limit(const State& state, const Limits& limits, const Now& now) {
  if (limits.steps && state.step >= *limits.steps)
    return limit_reached("steps", std::to_string(*limits.steps));
  if (limits.duration_ms && now.wall_ms - state.started_at_ms >= *limits.duration_ms)
    return limit_reached("duration", format_duration(*limits.duration_ms));
  std::optional<LimitReached> reached;
  if (limits.tokens) reached = used_up_tokens(state, *limits.tokens);
  if (!reached && limits.cost_usd) reached = used_up_cost(state, *limits.cost_usd, now);
  return reached;
}

bool can_go_on(const State& state, const Limits& limits, const Now& now) {
  if (!state.ending) return true;
  return std::visit(overloaded{[](const Completed&) { return false; }, [](const Cancelled&) { return false; },
                               [&](const Failed& e) {
                                 return e.can_resume ||
                                        (e.reason == "stuck" && state.idle_invocations <= limits.stuck_after);
                               },
                               [&](const LimitReached&) { return !used_up_limit(state, limits, now); }},
                    *state.ending);
}

bool would_only_wait(const State& state, const Now& now) {
  if (!state.suspended || !(state.suspended->resume_at_ms || is_for_person(*state.suspended))) return false;
  if (!state.suspended->child.empty())
    return now.children_wait && state.suspended->resume_at_ms.value_or(INT64_MAX) > now.wall_ms;
  State next = state;
  next.apply({state.seq + 1, now.wall_ms, state.step, InvocationStarted{}});
  const Action action = next_action(next, now);
  const auto* append = std::get_if<Append>(&action);
  return append != nullptr && std::holds_alternative<Suspended>(append->events.front());
}

}  // namespace agentd
