#include "cli/due.h"

#include <algorithm>
#include <tuple>

#include "core/decide.h"
#include "core/store/inbox.h"

namespace agentd {

namespace {

/// A start, something done, and the way out, for which an invocation keeps two seconds at most.
constexpr std::int64_t kLeastMs = 3000;

/// A failure is for a person to mend, who then says so.
bool can_be_mended(const Failed& failed) {
  return failed.can_resume;
}

std::optional<std::int64_t> due_by_itself(const RunView& view, std::int64_t now_ms) {
  const State& state = view.state;
  if (state.ending) return std::nullopt;
  if (!state.suspended) return view.updated_at_ms;  // its process has died
  const std::int64_t resume_at_ms = state.suspended->resume_at_ms.value_or(0);
  const Now now{.wall_ms = now_ms, .children_wait = view.children_wait};
  if (would_only_wait(state, now) || (resume_at_ms > now_ms && state.suspended->child.empty()))
    return std::nullopt;
  return std::max(resume_at_ms > now_ms ? 0 : resume_at_ms, view.updated_at_ms);
}

/// A letter that the run knows was taken in by an invocation that died before it could remove it.
std::optional<std::int64_t> first_new(std::span<const Letter> letters, const State& state) {
  const auto first = std::find_if(letters.begin(), letters.end(),
                                  [&](const Letter& letter) { return !state.letters.contains(letter.id); });
  if (first == letters.end()) return std::nullopt;
  return left_at_ms(*first);
}

}  // namespace

std::optional<std::int64_t> due_since(const RunView& view, std::span<const Letter> letters,
                                      std::int64_t now_ms) {
  // Nothing is known of a run whose first record was not kept: only its task file can start it.
  if (view.is_held || view.state.seq == 0) return std::nullopt;
  if (!view.state.parent.empty()) return std::nullopt;  // it goes on with the run that called it
  const auto by_itself = due_by_itself(view, now_ms);
  const auto& ending = view.state.ending;
  const auto* failed = ending ? std::get_if<Failed>(&*ending) : nullptr;
  if (ending && (failed == nullptr || !can_be_mended(*failed))) return std::nullopt;
  const auto letter = first_new(letters, view.state);
  if (!letter) return by_itself;
  const std::int64_t by_letter = std::max(*letter, view.updated_at_ms);
  return by_itself ? std::min(*by_itself, by_letter) : by_letter;
}

bool may_be_due(const Record& last, bool has_letters, std::int64_t now_ms) {
  const auto& event = last.event;
  if (const auto* failed = std::get_if<Failed>(&event)) return has_letters && can_be_mended(*failed);
  if (const auto* suspended = std::get_if<Suspended>(&event))
    return has_letters || !suspended->child.empty() || suspended->resume_at_ms.value_or(0) <= now_ms;
  return !std::holds_alternative<Completed>(event) && !std::holds_alternative<Cancelled>(event) &&
         !std::holds_alternative<LimitReached>(event);
}

void sort_by_wait(std::vector<DueRun>& runs) {
  std::sort(runs.begin(), runs.end(), [](const DueRun& a, const DueRun& b) {
    return std::tie(a.since_ms, a.id) < std::tie(b.since_ms, b.id);
  });
}

bool has_time(const DueRun& run, std::optional<std::int64_t> time_left_ms) {
  return !time_left_ms || *time_left_ms >= std::max(kLeastMs, run.expected_reply_ms);
}

}  // namespace agentd
