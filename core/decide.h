#pragma once

#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/price.h"
#include "core/state.h"
#include "core/tool.h"

namespace agentd {

/// What the world looks like at the moment of a decision.
struct Now {
  std::int64_t wall_ms = 0;
  std::optional<std::int64_t> time_left_ms;
  StopReason stop = StopReason::None;
  std::span<const std::optional<Price>> prices = {};  ///< of the task's models, as far as they are known
  bool has_person = false;     ///< somebody is here to be asked what the run is waiting for
  Grant grant = {};            ///< of the run that called this one
  bool children_wait = false;  ///< the children that the run waits for would only wait too
};

/// Events that need nothing done: a call is about to start, the invocation or the run ends.
struct Append {
  std::vector<Event> events;
  bool operator==(const Append&) const = default;
};
struct AskModel {
  std::int64_t fallback = 0;  ///< 0: the task's own model; N: its Nth fallback
  bool operator==(const AskModel&) const = default;
};
/// Makes room in the model's context.
struct Summarise {
  std::int64_t fallback = 0;
  bool operator==(const Summarise&) const = default;
};
struct RunTools {
  std::vector<ToolRun> calls;
  bool operator==(const RunTools&) const = default;
};
struct AskPerson {
  bool operator==(const AskPerson&) const = default;
};
struct Wait {
  std::int64_t until_ms = 0;
  bool operator==(const Wait&) const = default;
};
struct Return {
  bool operator==(const Return&) const = default;
};
using Action = std::variant<Append, AskModel, Summarise, RunTools, AskPerson, Wait, Return>;

/// THE POLICY: what to do next, from the state alone.
Action next_action(const State& state, const Now& now);

/// The limit that is used up, or would be by the next call; none while the run may take another step.
std::optional<LimitReached> used_up_limit(const State& state, const Limits& limits, const Now& now);

/// Whether another invocation, under these limits, has anything to do. If not, it must not even be begun.
bool can_go_on(const State& state, const Limits& limits, const Now& now);

/// Whether another invocation would do nothing but suspend the run once more: its time has not come, or the
/// person has not answered yet.
bool would_only_wait(const State& state, const Now& now);

}  // namespace agentd
