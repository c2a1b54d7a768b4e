#include "core/checks.h"

#include <algorithm>
#include <limits>

#include "core/json_text.h"
#include "core/sentences.h"
#include "core/tool.h"
#include "prompts.h"

namespace agentd {

namespace {

constexpr std::string_view kUnverified = sentence_of(prompts::policy, "unverified");

/// As the shell tool takes it.
std::string arguments_of(const VerifySetup& check) {
  std::string json = "{\"command\":";
  append_json_string(json, check.shell);
  return json + ",\"timeout_seconds\":" + std::to_string((check.timeout_ms + 999) / 1000) + "}";
}

}  // namespace

void begin_checks(State& state) {
  for (const VerifySetup& check : state.task.verify)
    state.calls.push_back({.id = {state.step, static_cast<std::int64_t>(state.calls.size()) + 1},
                           .call = {.name = std::string(kVerifyCall), .arguments = arguments_of(check)},
                           .attempts = check.attempts});
  state.checking = !state.calls.empty();
  state.answered = !state.checking;
}

void settle_checks(State& state) {
  std::string failures;
  std::int64_t attempts = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < state.calls.size(); ++i) {
    const CallState& check = state.calls[i];
    if (check.result.outcome == Outcome::Ok) continue;
    failures += "\n\n" + check.result.text;
    attempts = std::min(attempts, check.attempts);
  }
  state.checking = false;
  state.answered = failures.empty();
  if (state.answered) return forget_checks(state);
  state.is_unverified = ++state.failed_checks >= attempts;
  state.transcript.push_back({.role = Role::User, .text = std::string(kUnverified) + failures});
}

void forget_checks(State& state) {
  state.failed_checks = 0;
  state.is_unverified = false;
}

}  // namespace agentd
