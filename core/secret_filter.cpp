#include "core/secret_filter.h"

#include <algorithm>

namespace agentd {
namespace {

bool is_break(char c) {
  return c == '\n' || c == '\r';
}

std::size_t find_break(std::string_view text, bool has_returns) {
  return std::min(text.size(), has_returns ? text.find_first_of("\r\n") : text.find('\n'));
}

}  // namespace

void Unbroken::append(std::string_view piece) {
  const bool has_returns = piece.find('\r') != std::string_view::npos;
  while (!piece.empty()) {
    const std::size_t length = find_break(piece, has_returns);
    text_.append(piece.substr(0, length));
    if (length > 0) previous_ = 'x';
    if (length == piece.size()) return;
    if (leaves_out(piece[length]))
      breaks_.push_back(text_.size());
    else
      text_ += piece[length];
    piece.remove_prefix(length + 1);
  }
}

/// The first of a run, which may be a pair.
bool Unbroken::leaves_out(char line_break) {
  const bool is_first = !is_break(previous_);
  const bool is_pair = !is_run_over_ && previous_ == '\r' && line_break == '\n';
  is_run_over_ = !is_first;
  previous_ = line_break;
  return is_first || is_pair;
}

std::size_t Unbroken::original(std::size_t index) const {
  const auto before = std::upper_bound(breaks_.begin(), breaks_.end(), index) - breaks_.begin();
  return index + static_cast<std::size_t>(before);
}

void Unbroken::erase(std::size_t count) {
  text_.erase(0, count);
  breaks_.erase(breaks_.begin(), std::upper_bound(breaks_.begin(), breaks_.end(), count));
  for (std::size_t& at : breaks_) at -= count;
}

std::string SecretFilter::filter(std::string_view bytes) {
  const SecretForms& forms = secrets_.forms();
  if (forms.empty() && held_.empty()) return std::string(bytes);
  held_ += bytes;
  unbroken_.append(bytes);
  const std::size_t size = unbroken_.text().size();
  return take(forms, size - std::min(size, forms.longest() - 1));
}

/// What begins in the first `count` characters is all here: after them comes the longest form's length, or
/// nothing.
std::string SecretFilter::take(const SecretForms& forms, std::size_t count) {
  const std::string& text = unbroken_.text();
  std::string passed;
  for (auto match = forms.find(text, 0); match.begin < count; match = forms.find(text, match.begin + 1)) {
    const std::size_t begin = unbroken_.original(match.begin);
    if (begin >= done_) passed.append(held_, done_, begin - done_).append(kSecretMask);
    done_ = std::max(done_, unbroken_.original(match.end - 1) + 1);
  }
  const std::size_t ready = unbroken_.original(count);
  if (done_ < ready) passed.append(held_, done_, ready - done_);
  held_.erase(0, ready);
  unbroken_.erase(count);
  done_ -= std::min(done_, ready);
  return passed;
}

}  // namespace agentd
