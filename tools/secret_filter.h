#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agentd {

/// `mask` for text that comes in pieces: finds secrets across them, and hides together those that overlap.
class SecretFilter {
 public:
  explicit SecretFilter(const std::vector<std::string>& secrets);

  /// What can be passed on by now: it may hold back the end of `bytes`, until `flush`.
  std::string filter(std::string_view bytes);
  std::string flush() { return take(held_.size()); }

 private:
  struct Secret {
    std::string text;
    std::size_t next = 0;  ///< where in held_ it comes next
  };
  struct Match {
    std::size_t begin;
    std::size_t end;
  };

  std::string take(std::size_t count);
  Match next_match(std::size_t from);

  std::vector<Secret> secrets_;
  std::size_t longest_ = 1;
  std::string held_;
  std::size_t done_ = 0;  ///< so much of held_ belongs to a secret that has been masked already
};

}  // namespace agentd
