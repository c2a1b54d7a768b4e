#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace agentd {

// A vector is kept as a code: its scale (a float of the machine, 4 bytes), then a signed byte a dimension.
// Codes have unit length, so that the nearer two are, the larger is their product: -1 … 1.

std::size_t code_size(std::size_t dimensions);
/// Of a vector without length or with a number that is none: all 0, which is the code of no vector.
std::string code_of(std::span<const float> vector);
bool is_no_vector(std::string_view code);
/// Its bytes behind the scale.
const char* values_of(std::string_view code);

struct Near {
  std::int64_t id = 0;
  float likeness = 0;
};

/// Finds the codes nearest to one.
class NearestCodes {
 public:
  /// `wanted`: which ids may be found; empty: all.
  NearestCodes(std::span<const float> vector, std::size_t most,
               std::function<bool(std::int64_t)> wanted = {});
  /// Codes side by side, with the ids first, first + 1, …
  void look(std::string_view codes, std::int64_t first);
  /// The nearest first; of those as near the lower id.
  std::vector<Near> found() const;

 private:
  std::vector<std::int16_t> query_;
  float scale_ = 0;  ///< 0: it is near to none
  std::size_t most_;
  std::function<bool(std::int64_t)> wanted_;
  std::vector<Near> nearest_;  ///< a heap: the farthest is in front
};

}  // namespace agentd
