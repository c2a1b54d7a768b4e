#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace agentd {

/// Keeps bytes from those who have no key, and tells when they were changed. May be called from several
/// threads.
class Seal {
 public:
  virtual ~Seal() = default;
  /// 40 bytes longer than what it closes. `what`: where the bytes belong; they open there alone.
  virtual std::string close(std::string_view bytes, std::string_view what) const = 0;
  /// None: changed, from another place, or closed with another key.
  virtual std::optional<std::string> open(std::string_view sealed, std::string_view what) const = 0;
};

}  // namespace agentd
