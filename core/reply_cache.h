#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace agentd {

/// Replies of models by the exact request. Whatever goes wrong with it is a miss, never an error.
class ReplyCache {
 public:
  virtual ~ReplyCache() = default;
  /// None: not kept, expired or damaged.
  virtual std::optional<std::string> find(const std::string& key, std::int64_t now_ms) = 0;
  /// In the place of what was kept for the key.
  virtual void keep(const std::string& key, const std::string& value, std::int64_t expires_at_ms) = 0;
};

}  // namespace agentd
