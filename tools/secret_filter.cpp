#include "tools/secret_filter.h"

#include <algorithm>

namespace agentd {
namespace {

constexpr std::size_t kShortest = 6;  // shorter ones would mask words
constexpr std::string_view kMask = "[secret]";

}  // namespace

SecretFilter::SecretFilter(const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    if (secret.size() < kShortest) continue;
    secrets_.push_back({secret});
    longest_ = std::max(longest_, secret.size());
  }
}

std::string SecretFilter::filter(std::string_view bytes) {
  held_ += bytes;
  return take(held_.size() - std::min(held_.size(), longest_ - 1));
}

/// What begins in the first `count` bytes is all here: after them comes the longest secret's length, or
/// nothing.
std::string SecretFilter::take(std::size_t count) {
  std::string passed;
  for (Secret& secret : secrets_) secret.next = held_.find(secret.text);
  for (Match match = next_match(0); match.begin < count; match = next_match(match.begin + 1)) {
    if (match.begin >= done_) passed.append(held_, done_, match.begin - done_).append(kMask);
    done_ = std::max(done_, match.end);
  }
  if (done_ < count) passed.append(held_, done_, count - done_);
  held_.erase(0, count);
  done_ -= std::min(done_, count);
  return passed;
}

/// The first one from there on; the longest of those that begin together.
SecretFilter::Match SecretFilter::next_match(std::size_t from) {
  Match first = {std::string::npos, 0};
  for (Secret& secret : secrets_) {
    if (secret.next < from) secret.next = held_.find(secret.text, from);
    const std::size_t end = secret.next == std::string::npos ? 0 : secret.next + secret.text.size();
    if (secret.next < first.begin || (secret.next == first.begin && end > first.end))
      first = {secret.next, end};
  }
  return first;
}

}  // namespace agentd
