#pragma once

#include <functional>
#include <span>
#include <string>

#include "core/clock.h"
#include "core/event.h"

namespace agentd {

/// One call to be run now.
struct ToolRun {
  CallId call;
  std::string tool;
  std::string arguments;  ///< the model's text
  std::string key;        ///< idempotency key: the same on every attempt at this call
  bool operator==(const ToolRun&) const = default;
};

class Tools {
 public:
  virtual ~Tools() = default;
  /// Runs the calls, several at a time, and hands over each result as it lands, on the caller's thread.
  /// Returns when all have ended. A call that was cut off because `stop` has a reason has no result: it may
  /// have taken effect.
  virtual void run(std::span<const ToolRun> calls, const Stop& stop,
                   const std::function<void(ToolFinished)>& landed) = 0;
};

}  // namespace agentd
