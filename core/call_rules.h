#pragma once

#include <optional>

#include "core/decide.h"

namespace agentd {

using Decision = std::optional<Action>;

/// The part of the policy that settles the calls of the last reply, or the checks of an answer. None: there
/// are none left.
Decision has_calls(const State& state, const Now& now);

Append suspend(std::string reason, std::string message,
               std::optional<std::int64_t> resume_at_ms = std::nullopt);

}  // namespace agentd
