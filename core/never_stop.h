#pragma once

#include "core/clock.h"

namespace agentd {

/// For what time limits of its own end, or nothing.
class NeverStop final : public Stop {
 public:
  StopReason reason() const override { return StopReason::None; }
  std::optional<std::int64_t> time_left_ms() const override { return {}; }
  int fd() const override { return -1; }
};

}  // namespace agentd
