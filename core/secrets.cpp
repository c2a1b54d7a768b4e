#include "core/secrets.h"

#include <algorithm>

// Looked for as Wu and Manber do: a window as long as the shortest form slides over the text, and the block
// of bytes at its end says how far. Most of a text is never looked at, however many forms there are.

namespace agentd {
namespace {

constexpr std::size_t kBlock = 3;
constexpr std::size_t kBlocks = 1U << 13;

/// Of the bytes that end there. Two blocks may share a number, which only costs time.
std::size_t block_at(std::string_view text, std::size_t last) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(text[i]));
  };
  return (byte(last) ^ byte(last - 1) << 4 ^ byte(last - 2) << 8) % kBlocks;
}

}  // namespace

SecretForms::SecretForms(const std::set<std::string>& values) {
  for (const std::string& value : values) {
    for (const std::string& form : secret_forms(value)) {
      forms_.push_back({0, form});
      window_ = std::min(window_, form.size());
      longest_ = std::max(longest_, form.size());
    }
  }
  if (forms_.empty()) return;
  shifts_.assign(kBlocks, static_cast<std::uint8_t>(window_ - kBlock + 1));
  for (Form& form : forms_) {
    form.block = block_at(form.text, window_ - 1);
    for (std::size_t last = kBlock - 1; last < window_; ++last) {
      std::uint8_t& shift = shifts_[block_at(form.text, last)];
      shift = std::min(shift, static_cast<std::uint8_t>(window_ - 1 - last));
    }
  }
  std::sort(forms_.begin(), forms_.end());
}

SecretForms::Match SecretForms::find(std::string_view text, std::size_t from) const {
  if (empty()) return {};
  std::size_t last = from + window_ - 1;
  while (last < text.size()) {
    const std::size_t block = block_at(text, last);
    const std::size_t shift = shifts_[block];
    last += shift;
    if (shift > 0) continue;
    Match match{last + 1 - window_, 0};
    for (auto form = std::lower_bound(forms_.begin(), forms_.end(), Form{block, ""});
         form != forms_.end() && form->block == block; ++form)
      if (text.substr(match.begin).starts_with(form->text))
        match.end = std::max(match.end, match.begin + form->text.size());
    if (match.end > 0) return match;
    ++last;
  }
  return {};
}

void Secrets::learn(const std::vector<std::string>& values) {
  const std::lock_guard lock(mutex_);
  const std::size_t known = values_.size();
  values_.insert(values.begin(), values.end());
  if (forms_ != nullptr && values_.size() == known) return;
  all_forms_.push_back(std::make_unique<const SecretForms>(values_));
  forms_ = all_forms_.back().get();
}

}  // namespace agentd
