#include "core/signs.h"

#ifdef __x86_64__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <vector>

#include "core/vectors.h"

namespace agentd {

namespace {

constexpr std::size_t kBits = 64;

using Count = void (*)(std::span<const std::uint64_t> several, std::span<const std::uint64_t> one,
                       std::span<std::uint16_t> counts);

void plain_count(std::span<const std::uint64_t> several, std::span<const std::uint64_t> one,
                 std::span<std::uint16_t> counts) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    int count = 0;
    for (std::size_t word = 0; word < one.size(); ++word)
      count += std::popcount(several[i * one.size() + word] ^ one[word]);
    counts[i] = static_cast<std::uint16_t>(count);
  }
}

#ifdef __x86_64__
/// With the one instruction that not every processor has.
[[gnu::target("popcnt")]] void quick_count(std::span<const std::uint64_t> several,
                                           std::span<const std::uint64_t> one,
                                           std::span<std::uint16_t> counts) {
  const std::uint64_t* words = several.data();
  for (std::uint16_t& each : counts) {
    int count = 0;
    for (const std::uint64_t word : one) count += __builtin_popcountll(*words++ ^ word);
    each = static_cast<std::uint16_t>(count);
  }
}

Count fastest_count() {
  return __builtin_cpu_supports("popcnt") ? quick_count : plain_count;
}

/// Sixteen at a time; returns how many it did.
std::size_t put_most_signs(const char* values, const char* middle, std::size_t count, std::uint64_t* words) {
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m128i some = _mm_loadu_si128(reinterpret_cast<const __m128i*>(values + i));
    const __m128i middles = _mm_loadu_si128(reinterpret_cast<const __m128i*>(middle + i));
    const auto bits = static_cast<std::uint64_t>(_mm_movemask_epi8(_mm_cmpgt_epi8(some, middles)));
    words[i / kBits] |= bits << (i % kBits);
  }
  return i;
}
#else
Count fastest_count() {
  return plain_count;
}

std::size_t put_most_signs(const char*, const char*, std::size_t, std::uint64_t*) {
  return 0;
}
#endif

}  // namespace

std::size_t sign_words(std::size_t dimensions) {
  return (dimensions + kBits - 1) / kBits;
}

std::string middle_of(std::string_view codes, std::size_t dimensions) {
  std::vector<std::int64_t> sums(dimensions);
  std::int64_t count = 0;
  for (const std::size_t size = code_size(dimensions); codes.size() >= size; codes.remove_prefix(size)) {
    if (is_no_vector(codes)) continue;
    ++count;
    for (std::size_t i = 0; i < dimensions; ++i) sums[i] += static_cast<signed char>(values_of(codes)[i]);
  }
  std::string middle(dimensions, '\0');
  for (std::size_t i = 0; i < dimensions && count > 0; ++i) middle[i] = static_cast<char>(sums[i] / count);
  return middle;
}

void put_signs(std::string_view code, std::string_view middle, std::span<std::uint64_t> signs) {
  const char* values = values_of(code);
  std::size_t i = put_most_signs(values, middle.data(), middle.size(), signs.data());
  for (; i < middle.size(); ++i)
    if (static_cast<signed char>(values[i]) > static_cast<signed char>(middle[i]))
      signs[i / kBits] |= std::uint64_t{1} << (i % kBits);
}

void count_differences(std::span<const std::uint64_t> several, std::span<const std::uint64_t> one,
                       std::span<std::uint16_t> counts) {
  fastest_count()(several, one, counts);
}

}  // namespace agentd
