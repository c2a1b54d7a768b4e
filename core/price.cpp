#include "core/price.h"

namespace agentd {

double cost_usd(const Price& price, const Usage& usage) {
  const auto part = [](std::int64_t tokens, double rate) { return static_cast<double>(tokens) * rate; };
  const double input = part(usage.input, price.input) + part(usage.cache_read, price.cache_read) +
                       part(usage.cache_write, price.cache_write);
  const bool is_long =
      price.long_prompt > 0 && usage.input + usage.cache_read + usage.cache_write > price.long_prompt;
  return (input * (is_long ? price.long_input : 1) +
          part(usage.output, price.output) * (is_long ? price.long_output : 1)) /
         1e6;
}

}  // namespace agentd
