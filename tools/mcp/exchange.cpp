#include "tools/mcp/exchange.h"

#include <poll.h>

#include <algorithm>

#include "tools/mcp/json_slice.h"

namespace agentd {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kMostNotes = 20;

}  // namespace

McpExchange::McpExchange(std::int64_t id, const Stop& outer, const McpPatience& patience)
    : id_(id),
      outer_(outer),
      idle_ms_(patience.idle_ms),
      most_ms_(patience.most_ms),
      end_(steady_clock::now() + milliseconds(patience.most_ms)),
      idle_end_(steady_clock::now() + milliseconds(patience.idle_ms)) {}

StopReason McpExchange::reason() const {
  const StopReason outer = outer_.reason();
  if (outer != StopReason::None) return outer;
  return settled_ || is_late() ? StopReason::Deadline : StopReason::None;
}

std::optional<std::int64_t> McpExchange::time_left_ms() const {
  const std::int64_t left = settled_ ? 0 : left_ms();
  return std::min(left, outer_.time_left_ms().value_or(left));
}

void McpExchange::progress() {
  idle_end_ = steady_clock::now() + milliseconds(idle_ms_);
}

bool McpExchange::is_late() const {
  return left_ms() == 0;
}

bool McpExchange::sleep(std::int64_t ms) const {
  const Time until = steady_clock::now() + milliseconds(ms);
  while (reason() == StopReason::None) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
    if (left <= 0) return true;
    pollfd wake = {fd(), POLLIN, 0};
    ::poll(&wake, 1,
           static_cast<int>(std::min({left, time_left_ms().value_or(left) + 1, std::int64_t{60'000}})));
  }
  return false;
}

void McpExchange::note(std::string text) {
  const std::lock_guard lock(mutex_);
  if (notes_.size() < kMostNotes) notes_.push_back(std::move(text));
}

std::vector<std::string> McpExchange::notes() const {
  const std::lock_guard lock(mutex_);
  return notes_;
}

std::int64_t McpExchange::left_ms() const {
  const Time end = std::min(end_, idle_end_.load());
  return std::max<std::int64_t>(0, std::chrono::ceil<milliseconds>(end - steady_clock::now()).count());
}

bool is_progress_of(std::string_view params, std::int64_t id) {
  return json_member(params, "progressToken") == std::to_string(id);
}

}  // namespace agentd
