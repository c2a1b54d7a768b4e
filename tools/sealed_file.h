#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/fd.h"
#include "core/seal.h"

// A file of any size that is encrypted in parts, each sealed for its place in the file: parts that were
// changed, moved or cut off at the end are found out.

namespace agentd {

/// Makes the bytes of such a file, in little memory.
class SealedParts {
 public:
  using Write = std::function<void(std::string_view)>;
  /// `what`: the file, among those of the seal.
  SealedParts(const Seal& seal, std::string what) : seal_(seal), what_(std::move(what)) {}
  void add(std::string_view bytes, const Write& write);
  void finish(const Write& write);

 private:
  const Seal& seal_;
  std::string what_;
  std::string part_;
  std::size_t count_ = 0;
};

/// What is in it, as a file in memory at its beginning; none where it was changed or cannot be read.
Fd open_sealed(const Fd& file, const Seal& seal, const std::string& what);

}  // namespace agentd
