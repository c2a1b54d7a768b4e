#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"

namespace agentd {

/// How long a request may take.
struct McpPatience {
  std::int64_t idle_ms = 60'000;   ///< without progress
  std::int64_t most_ms = 600'000;  ///< with it
};

/// One request under way. Whoever waits for its answer has this to stop at: it has a reason once the answer
/// is there, once it is late, and when all is to stop.
class McpExchange final : public Stop {
 public:
  McpExchange(std::int64_t id, const Stop& outer, const McpPatience& patience);

  std::int64_t id() const { return id_; }
  std::int64_t most_ms() const { return most_ms_; }
  StopReason reason() const override;
  std::optional<std::int64_t> time_left_ms() const override;
  int fd() const override { return outer_.fd(); }

  /// A sign of life: the idle time begins anew. From any thread.
  void progress();
  /// The answer is there.
  void settle() { settled_ = true; }
  /// It has taken too long.
  bool is_late() const;
  /// All is to stop.
  bool is_stopped() const { return outer_.reason() != StopReason::None; }
  /// Waits; false: there was a reason not to.
  bool sleep(std::int64_t ms) const;

  /// Something about it that the model should read. From any thread.
  void note(std::string text);
  std::vector<std::string> notes() const;

 private:
  using Time = std::chrono::steady_clock::time_point;

  std::int64_t left_ms() const;

  std::int64_t id_;
  const Stop& outer_;
  std::int64_t idle_ms_;
  std::int64_t most_ms_;
  Time end_;
  std::atomic<Time> idle_end_;
  std::atomic<bool> settled_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> notes_;
};

/// Whether a notification tells of progress of that request.
bool is_progress_of(std::string_view params, std::int64_t id);

}  // namespace agentd
