#pragma once

#include "core/state.h"

namespace agentd {

/// Checks of an answer, by the task's `verify`: they stand in the journal as calls that no model made.

/// The last reply is an answer, which counts only once all checks have passed.
void begin_checks(State& state);
/// All checks have results. What failed is said to the model in one message.
void settle_checks(State& state);
/// The next answer has all its attempts again.
void forget_checks(State& state);

}  // namespace agentd
