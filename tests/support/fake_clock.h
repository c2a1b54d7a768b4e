#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "core/clock.h"

namespace agentd {

/// Sleeping sets the time.
class FakeClock : public Clock {
 public:
  explicit FakeClock(std::int64_t wall_ms = 1'700'000'000'000) : now(wall_ms) {}
  std::int64_t now_ms() override { return now; }
  std::int64_t monotonic_ms() override { return now; }
  void sleep_until(std::int64_t wall_ms, const Stop& stop) override {
    if (stop.reason() != StopReason::None) return;
    now = std::max(now, wall_ms);
    if (on_sleep) on_sleep();
  }

  std::int64_t now;
  std::function<void()> on_sleep;  ///< what happens meanwhile
};

}  // namespace agentd
