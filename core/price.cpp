#include "core/price.h"

namespace agentd {

double cost_usd(const Price& price, const Usage& usage) {
  const auto part = [](std::int64_t tokens, double rate) { return static_cast<double>(tokens) * rate; };
  return (part(usage.input, price.input) + part(usage.cache_read, price.cache_read) +
          part(usage.cache_write, price.cache_write) + part(usage.output, price.output)) /
         1e6;
}

}  // namespace agentd
