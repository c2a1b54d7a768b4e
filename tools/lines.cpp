#include "tools/lines.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace agentd {

std::string_view Lines::peek() {
  if (!rest_.empty() || error_ != 0 || stop_.reason() != StopReason::None) return rest_;
  ssize_t got = -1;
  do {
    got = ::read(file_.get(), buffer_.data(), buffer_.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) error_ = errno;
  if (got > 0) rest_ = {buffer_.data(), static_cast<std::size_t>(got)};
  return rest_;
}

bool Lines::next(Line& line) {
  line = {};
  if (peek().empty()) return false;
  while (!peek().empty()) {
    const std::size_t end = rest_.find('\n');
    const std::string_view part = rest_.substr(0, end);
    line.text += part.substr(0, longest_ - std::min(longest_, line.text.size()));
    line.size += part.size();
    rest_.remove_prefix(std::min(part.size() + 1, rest_.size()));
    if (end != std::string_view::npos) break;
  }
  return true;
}

}  // namespace agentd
