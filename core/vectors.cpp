#include "core/vectors.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace agentd {

namespace {

constexpr float kLargestCode = 127;

using Dot = std::int32_t (*)(const char* one, const char* other, std::size_t count);

/// Compilers know this loop: a few instructions for 32 dimensions, where the processor has them.
[[gnu::always_inline]] inline std::int32_t product(const char* one, const char* other, std::size_t count) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    sum += static_cast<std::int16_t>(static_cast<signed char>(one[i])) *
           static_cast<std::int16_t>(static_cast<signed char>(other[i]));
  return sum;
}

std::int32_t plain_dot(const char* one, const char* other, std::size_t count) {
  return product(one, other, count);
}

#ifdef __x86_64__
[[gnu::target("avx2")]] std::int32_t wide_dot(const char* one, const char* other, std::size_t count) {
  return product(one, other, count);
}

Dot fastest_dot() {
  return __builtin_cpu_supports("avx2") ? wide_dot : plain_dot;
}
#else
Dot fastest_dot() {
  return plain_dot;
}
#endif

float scale_of(std::string_view code) {
  float scale = 0;
  std::memcpy(&scale, code.data(), sizeof scale);
  return scale;
}

bool is_nearer(const Near& one, const Near& other) {
  return one.likeness != other.likeness ? one.likeness > other.likeness : one.id < other.id;
}

}  // namespace

std::size_t code_size(std::size_t dimensions) {
  return sizeof(float) + dimensions;
}

std::string code_of(std::span<const float> vector) {
  std::string code(code_size(vector.size()), '\0');
  double length = 0;
  float largest = 0;
  for (const float value : vector) {
    length += static_cast<double>(value) * static_cast<double>(value);
    largest = std::max(largest, std::abs(value));
  }
  if (!std::isfinite(length) || !(length > 0) || !(largest > 0)) return code;
  const auto scale = static_cast<float>(largest / kLargestCode / std::sqrt(length));
  std::memcpy(code.data(), &scale, sizeof scale);
  for (std::size_t i = 0; i < vector.size(); ++i)
    code[sizeof scale + i] = static_cast<char>(std::lround(vector[i] / largest * kLargestCode));
  return code;
}

NearestCodes::NearestCodes(std::span<const float> vector, std::size_t most,
                           std::function<bool(std::int64_t)> wanted)
    : code_(code_of(vector)), most_(most), wanted_(std::move(wanted)) {}

void NearestCodes::look(std::string_view codes, std::int64_t first) {
  const Dot dot = fastest_dot();
  const std::size_t size = code_.size(), dimensions = size - sizeof(float);
  const float scale = scale_of(code_);
  for (; codes.size() >= size; codes.remove_prefix(size), ++first) {
    const float its_scale = scale_of(codes);
    if (its_scale == 0 || (wanted_ && !wanted_(first))) continue;
    const auto likeness =
        static_cast<float>(dot(code_.data() + sizeof(float), codes.data() + sizeof(float), dimensions));
    const Near near{first, likeness * scale * its_scale};
    if (nearest_.size() == most_ && !is_nearer(near, nearest_.front())) continue;
    if (nearest_.size() == most_) {
      std::pop_heap(nearest_.begin(), nearest_.end(), is_nearer);
      nearest_.pop_back();
    }
    nearest_.push_back(near);
    std::push_heap(nearest_.begin(), nearest_.end(), is_nearer);
  }
}

std::vector<Near> NearestCodes::found() const {
  std::vector<Near> sorted = nearest_;
  std::sort(sorted.begin(), sorted.end(), is_nearer);
  return sorted;
}

}  // namespace agentd
