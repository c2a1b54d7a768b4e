#pragma once

#include <cstdint>
#include <optional>

namespace agentd {

enum class StopReason { None, Deadline, Signal };

/// When the invocation must end. Everything that waits (model calls, tools, timers) waits on this too.
class Stop {
 public:
  virtual ~Stop() = default;
  /// Why to end now, or None. May be called from any thread.
  virtual StopReason reason() const = 0;
  /// Until the deadline, its margin already taken off; none: no deadline. Never negative.
  virtual std::optional<std::int64_t> time_left_ms() const = 0;
  /// Readable once a signal has come; -1 where none can.
  virtual int fd() const = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall clock, milliseconds since 1970. May jump: for people and for timers that outlive the process.
  virtual std::int64_t now_ms() = 0;
  /// For durations.
  virtual std::int64_t monotonic_ms() = 0;
  /// Returns early once `stop` has a reason.
  virtual void sleep_until(std::int64_t wall_ms, const Stop& stop) = 0;
};

}  // namespace agentd
