#pragma once

#include "core/clock.h"

namespace agentd {

class SystemClock : public Clock {
 public:
  std::int64_t now_ms() override;
  std::int64_t monotonic_ms() override;
  void sleep_until(std::int64_t wall_ms, const Stop& stop) override;
};

}  // namespace agentd
