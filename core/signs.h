#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace agentd {

// Signs of a code (core/vectors.h): a bit a dimension, whether it is above the middle of its space, in whole
// words. In how many two differ tells roughly how near they are, from an eighth of the bytes.

std::size_t sign_words(std::size_t dimensions);

/// Of codes side by side: a signed byte a dimension. Codes of no vector do not count.
std::string middle_of(std::string_view codes, std::size_t dimensions);

/// Of one code. `signs` must be 0.
void put_signs(std::string_view code, std::string_view middle, std::span<std::uint64_t> signs);

/// In how many bits each of several, side by side, differs from one.
void count_differences(std::span<const std::uint64_t> several, std::span<const std::uint64_t> one,
                       std::span<std::uint16_t> counts);

}  // namespace agentd
