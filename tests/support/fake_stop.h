#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>

#include "core/never_stop.h"

namespace agentd {

/// Stops when told to, from any thread, or once a real deadline has passed.
class FakeStop : public Stop {
 public:
  FakeStop() : fd_(eventfd(0, EFD_CLOEXEC)) {}
  ~FakeStop() override { close(fd_); }
  FakeStop(const FakeStop&) = delete;
  FakeStop& operator=(const FakeStop&) = delete;

  void signal() {
    reason_ = StopReason::Signal;
    eventfd_write(fd_, 1);
  }
  void set_time_left_ms(std::int64_t ms) { deadline_ = SteadyClock::now() + std::chrono::milliseconds(ms); }

  StopReason reason() const override {
    if (reason_ != StopReason::None) return reason_;
    return time_left_ms() == 0 ? StopReason::Deadline : StopReason::None;
  }
  std::optional<std::int64_t> time_left_ms() const override {
    if (!deadline_) return {};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(*deadline_ - SteadyClock::now()).count();
    return left > 0 ? left : 0;
  }
  int fd() const override { return fd_; }

 private:
  using SteadyClock = std::chrono::steady_clock;

  int fd_;
  std::atomic<StopReason> reason_ = StopReason::None;
  std::optional<SteadyClock::time_point> deadline_;
};

}  // namespace agentd
