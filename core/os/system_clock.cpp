#include "core/os/system_clock.h"

#include <poll.h>

#include <algorithm>
#include <chrono>

namespace agentd {
namespace {

/// The longest nap: the wall clock may be set, or the machine suspended, meanwhile.
constexpr std::int64_t kNapMs = 1000;

template <class Source>
std::int64_t read_clock() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Source::now().time_since_epoch()).count();
}

}  // namespace

std::int64_t SystemClock::now_ms() {
  return read_clock<std::chrono::system_clock>();
}

std::int64_t SystemClock::monotonic_ms() {
  return read_clock<std::chrono::steady_clock>();
}

void SystemClock::sleep_until(std::int64_t wall_ms, const Stop& stop) {
  while (stop.reason() == StopReason::None) {
    const std::int64_t left = wall_ms - now_ms();
    if (left <= 0) return;
    pollfd signal = {stop.fd(), POLLIN, 0};
    ::poll(&signal, 1, static_cast<int>(std::min({left, kNapMs, stop.time_left_ms().value_or(kNapMs)})));
  }
}

}  // namespace agentd
