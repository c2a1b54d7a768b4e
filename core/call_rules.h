#pragma once

#include <optional>

#include "core/decide.h"

namespace agentd {

using Decision = std::optional<Action>;

/// The part of the policy that settles the calls of the last reply, or the checks of an answer. None: there
/// are none left.
Decision has_calls(const State& state, const Now& now);

/// When the next of the waits that the calls are in ends; none: there is none.
std::optional<std::int64_t> next_timer(const State& state);

Append suspend(std::string reason, std::string message,
               std::optional<std::int64_t> resume_at_ms = std::nullopt);

}  // namespace agentd
