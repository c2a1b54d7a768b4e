#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace agentd {

/// USD per million tokens at a provider's own server; see Price. A dated snapshot costs what its name does.
struct PriceRow {
  std::string_view pattern;
  double input, cache_read, cache_write, output;
  std::int64_t long_prompt = 0;
  double long_input = 1, long_output = 1;
};

/// What is not here is unknown, not guessed.
std::span<const PriceRow> price_table();

}  // namespace agentd
