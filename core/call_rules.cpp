#include "core/call_rules.h"

#include <algorithm>
#include <array>

#include "core/children.h"
#include "core/permission.h"
#include "core/sentences.h"
#include "core/text.h"
#include "prompts.h"

// The policy for calls is the list at the end: the first rule that has an answer decides.

namespace agentd {

namespace {

/// Calls begun at a time: what a crash can leave unsettled.
constexpr std::size_t kParallelCalls = 8;

/// Which may be none: the model may call what there is not, or what was there when the call began.
ToolSpec spec_of(const State& state, const std::string& tool) {
  for (const ToolSpec& spec : state.tools)
    if (spec.name == tool) return spec;
  return {.name = tool};
}

/// A check of the answer only looks.
Effect effect_of(const State& state, const CallState& call) {
  return state.checking ? Effect::Read : spec_of(state, call.call.name).effect;
}

/// Whether the call's tool can tell what became of one that was interrupted.
bool can_settle(const State& state, const CallState& call) {
  const auto& tools = state.task.tools;
  return std::any_of(tools.begin(), tools.end(), [&](const ToolSetup& tool) {
    return tool.name == call.call.name && !tool.check.empty();
  });
}

bool is_interrupted(const State& state, const CallState& call) {
  return call.status == CallStatus::Started && call.invocation != state.invocation;
}

ToolRun run_of(const State& state, const CallState& c, Purpose purpose) {
  return {c.id, c.call.name, c.call.arguments,
          hash_hex(state.run + "/" + std::to_string(state.started_at_ms) + "/" + to_string(c.id)), purpose};
}

ToolFinished finished(const CallState& call, Outcome outcome, std::string text) {
  return {call.id, {outcome, std::move(text), {}}, 0};
}

consteval std::string_view sentence(std::string_view name) {
  return sentence_of(prompts::policy, name);
}

/// A call that a dead invocation had started: done again only where that is safe.
Decision has_interrupted_call(const State& state, const Now&) {
  Append append;
  RunTools settle;
  for (const CallState& c : state.calls) {
    if (!is_interrupted(state, c)) continue;
    if (effect_of(state, c) != Effect::Once)
      append.events.push_back(ToolStarted{c.id, c.call.name});
    else if (can_settle(state, c))
      settle.calls.push_back(run_of(state, c, Purpose::Settle));
    else
      append.events.push_back(finished(c, Outcome::Unknown, std::string(prompts::interrupted)));
  }
  if (!append.events.empty()) return append;
  if (!settle.calls.empty()) return settle;
  return std::nullopt;
}

Decision has_started_call(const State& state, const Now& now) {
  RunTools run;
  for (const CallState& c : state.calls)
    if (c.status == CallStatus::Started)
      run.calls.push_back(run_of(state, c, state.checking ? Purpose::Verify : Purpose::Call));
  if (run.calls.empty()) return std::nullopt;
  const Grant grant = grant_for_child(state, now);
  for (ToolRun& call : run.calls) {
    if (has_agent(state.task, call.tool)) call.grant = grant;
    if (state.checking) call.answer = state.transcript.back().text;
  }
  return run;
}

/// What the permissions of the task, and the person whom they name, say of a call; none: it may start.
std::optional<Event> objection(const State& state, const CallState& call) {
  const ToolSpec spec = spec_of(state, call.call.name);
  const Permission permission = permission_for(state.task, spec, call.call.arguments);
  if (permission == Permission::Deny) return finished(call, Outcome::Denied, std::string(sentence("denied")));
  if (permission == Permission::Allow || call.approval == Approval::Given) return std::nullopt;
  if (call.approval != Approval::Refused) return ApprovalRequested{call.id, call.call.name};
  return finished(call, Outcome::Denied,
                  call.why.empty() ? std::string(sentence("refused"))
                                   : fill(sentence("refused_why"), {{"why", call.why}}));
}

/// Nothing of a reply begins before all of it is allowed or refused: its calls may build on each other.
Decision has_objection(const State& state, const Now&) {
  Append append;
  for (const CallState& c : state.calls) {
    if (c.status != CallStatus::Open || state.checking) continue;
    auto event = objection(state, c);
    const bool is_asked = c.approval == Approval::Requested;
    if (event && !(is_asked && std::holds_alternative<ApprovalRequested>(*event)))
      append.events.push_back(std::move(*event));
  }
  if (append.events.empty()) return std::nullopt;
  return append;
}

bool waits_for_approval(const State& state, const CallState& call) {
  return call.status == CallStatus::Open && call.approval == Approval::Requested &&
         objection(state, call).has_value();
}

Decision has_open_call(const State& state, const Now&) {
  Append append;
  for (const CallState& c : state.calls) {
    if (waits_for_approval(state, c)) return std::nullopt;
    if (c.status == CallStatus::Open && append.events.size() < kParallelCalls)
      append.events.push_back(ToolStarted{c.id, c.call.name});
  }
  if (append.events.empty()) return std::nullopt;
  return append;
}

Decision has_answered_question(const State& state, const Now&) {
  for (const CallState& c : state.calls)
    if (c.status == CallStatus::Asking && c.answer) return Append{{finished(c, Outcome::Ok, *c.answer)}};
  return std::nullopt;
}

/// What a person says ends a wait: it may be what was waited for.
Decision has_ended_timer(const State& state, const Now& now) {
  const std::string time = format_time(now.wall_ms);
  for (const CallState& c : state.calls) {
    const bool is_over = c.until_ms <= now.wall_ms;
    if (c.status != CallStatus::Waiting || (!is_over && state.said.empty())) continue;
    const std::string_view text = is_over ? sentence("timer_over") : sentence("timer_ended");
    return Append{{finished(c, Outcome::Ok, fill(text, {{"now", time}}))}};
  }
  return std::nullopt;
}

Decision needs_person(const State& state, const Now& now) {
  const auto call = std::find_if(state.calls.begin(), state.calls.end(),
                                 [](const CallState& c) { return agentd::needs_person(c); });
  if (call == state.calls.end()) return std::nullopt;
  if (now.has_person) return AskPerson{};
  const bool is_question = call->status == CallStatus::Asking;
  const std::string what = is_question ? "an answer: " + call->question : "an approval of " + call->call.name;
  const std::string how = is_question ? "agentd send " + state.run + " TEXT"
                                      : "agentd approve or deny " + state.run + " " + to_string(call->id);
  return suspend(is_question ? "question" : "approval",
                 "call " + to_string(call->id) + " needs " + what + "; " + how + ", then run again",
                 next_timer(state));
}

Decision has_timer(const State& state, const Now& now) {
  const auto until = next_timer(state);
  if (!until) return std::nullopt;
  const std::int64_t wait = *until - now.wall_ms;
  if (wait <= kLongestWaitMs && (!now.time_left_ms || wait < *now.time_left_ms)) return Wait{*until};
  return suspend("timer", "the agent waits", until);
}

constexpr std::array kRules{has_interrupted_call,  has_started_call, has_objection, has_open_call,
                            has_answered_question, has_ended_timer,  needs_person,  has_timer};

}  // namespace

std::optional<std::int64_t> next_timer(const State& state) {
  std::optional<std::int64_t> next;
  for (const CallState& c : state.calls)
    if (c.status == CallStatus::Waiting && (!next || c.until_ms < *next)) next = c.until_ms;
  return next;
}

Append suspend(std::string reason, std::string message, std::optional<std::int64_t> resume_at_ms) {
  return {{Suspended{std::move(reason), resume_at_ms, std::move(message)}}};
}

Decision has_calls(const State& state, const Now& now) {
  for (const auto& rule : kRules)
    if (Decision decision = rule(state, now)) return decision;
  return std::nullopt;
}

}  // namespace agentd
