#include "core/retry.h"

#include <algorithm>
#include <charconv>

#include "core/text.h"

namespace agentd {

/// 0.5 s, doubling up to 8 s, less up to a quarter; the server's own wish comes first. The jitter is a hash,
/// so that the state stays a function of the journal.
std::int64_t retry_delay_ms(const State& state, std::int64_t attempts, const ModelFailed& failure) {
  constexpr std::int64_t kLongest = 86'400'000;
  if (failure.retry_after_ms) return std::clamp<std::int64_t>(*failure.retry_after_ms, 0, kLongest);
  const std::int64_t full = std::min<std::int64_t>(500LL << std::min<std::int64_t>(attempts - 1, 4), 8000);
  const std::string hash = hash_hex(state.run + "/" + std::to_string(state.seq));
  std::int64_t jitter = 0;
  std::from_chars(hash.data(), hash.data() + 4, jitter, 16);
  return full - full * jitter / 0xFFFF / 4;
}

}  // namespace agentd
