#pragma once

#include <vector>

#include "core/clock.h"
#include "core/inbox.h"
#include "core/state.h"

namespace agentd {

/// Somebody who is here while the run goes on, to be asked what it waits for.
class Person {
 public:
  virtual ~Person() = default;
  virtual bool can_answer(const State& state) const = 0;
  /// Asks. Returns what was said, after a second at the latest: nothing, if there was no answer yet, and it
  /// is asked again.
  virtual std::vector<Letter> ask(const State& state, const Stop& stop) = 0;
};

}  // namespace agentd
