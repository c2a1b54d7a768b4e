#pragma once

#include <stdexcept>
#include <string>

namespace agentd {

/// The exit statuses of the contract.
enum class Exit : int {
  Completed = 0,
  Failed = 1,
  Usage = 2,
  Storage = 74,
  Suspended = 75,
  Waiting = 77,
  Limit = 78
};

/// A broken environment or promise: one sentence that says what, where and what to do about it.
/// Caught in main alone. Expected failures (a model's, a tool's) are events instead.
class Error : public std::runtime_error {
 public:
  Error(Exit exit, const std::string& message) : std::runtime_error(message), exit_(exit) {}
  Exit exit() const { return exit_; }

 private:
  Exit exit_;
};

}  // namespace agentd
