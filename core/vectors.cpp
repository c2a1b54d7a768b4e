#include "core/vectors.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>

namespace agentd {

namespace {

constexpr float kLargestCode = 127;
/// What is searched for is kept more finely: it is one alone. No sum of 8,192 products is too large.
constexpr float kLargestOfQuery = 2047;

using Dot = std::int32_t (*)(const std::int16_t* query, const char* code, std::size_t count);

std::int32_t plain_dot(const std::int16_t* query, const char* code, std::size_t count) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += query[i] * static_cast<signed char>(code[i]);
  return sum;
}

#ifdef __x86_64__
constexpr std::size_t kAhead = 4096;  // bytes that memory is asked for early: reading it is what takes time

/// Sixteen at a time and two sums, which compilers do not make of the loop above.
[[gnu::target("avx2")]] std::int32_t wide_dot(const std::int16_t* query, const char* code,
                                              std::size_t count) {
  __m256i sums = _mm256_setzero_si256(), others = _mm256_setzero_si256();
  std::size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    __builtin_prefetch(code + i + kAhead);
    const auto* wanted = reinterpret_cast<const __m256i*>(query + i);
    const auto* codes = reinterpret_cast<const __m128i*>(code + i);
    const __m256i low = _mm256_cvtepi8_epi16(_mm_loadu_si128(codes));
    const __m256i high = _mm256_cvtepi8_epi16(_mm_loadu_si128(codes + 1));
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_loadu_si256(wanted), low));
    others = _mm256_add_epi32(others, _mm256_madd_epi16(_mm256_loadu_si256(wanted + 1), high));
  }
  sums = _mm256_add_epi32(sums, others);
  alignas(32) std::array<std::int32_t, 8> parts;
  _mm256_store_si256(reinterpret_cast<__m256i*>(parts.data()), sums);
  return std::accumulate(parts.begin(), parts.end(), plain_dot(query + i, code + i, count - i));
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

struct Extent {
  double length = 0;
  float largest = 0;
  bool is_sound = false;  ///< it has a length, and is of numbers
};

Extent extent_of(std::span<const float> vector) {
  Extent extent;
  for (const float value : vector) {
    extent.length += static_cast<double>(value) * static_cast<double>(value);
    extent.largest = std::max(extent.largest, std::abs(value));
  }
  extent.length = std::sqrt(extent.length);
  extent.is_sound = std::isfinite(extent.length) && extent.length > 0;
  return extent;
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
  const Extent extent = extent_of(vector);
  if (!extent.is_sound) return code;
  const auto scale = static_cast<float>(extent.largest / kLargestCode / extent.length);
  std::memcpy(code.data(), &scale, sizeof scale);
  for (std::size_t i = 0; i < vector.size(); ++i)
    code[sizeof scale + i] = static_cast<char>(std::lround(vector[i] / extent.largest * kLargestCode));
  return code;
}

bool is_no_vector(std::string_view code) {
  return scale_of(code) == 0;
}

const char* values_of(std::string_view code) {
  return code.data() + sizeof(float);
}

NearestCodes::NearestCodes(std::span<const float> vector, std::size_t most,
                           std::function<bool(std::int64_t)> wanted)
    : query_(vector.size()), most_(most), wanted_(std::move(wanted)) {
  const Extent extent = extent_of(vector);
  if (!extent.is_sound) return;
  scale_ = static_cast<float>(extent.largest / kLargestOfQuery / extent.length);
  for (std::size_t i = 0; i < vector.size(); ++i)
    query_[i] = static_cast<std::int16_t>(std::lround(vector[i] / extent.largest * kLargestOfQuery));
}

void NearestCodes::look(std::string_view codes, std::int64_t first) {
  const Dot dot = fastest_dot();
  const std::size_t size = code_size(query_.size());
  for (; codes.size() >= size; codes.remove_prefix(size), ++first) {
    const float its_scale = scale_of(codes);
    if (its_scale == 0 || (wanted_ && !wanted_(first))) continue;
    const auto product = static_cast<float>(dot(query_.data(), values_of(codes), query_.size()));
    const Near near{first, product * scale_ * its_scale};
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
