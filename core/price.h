#pragma once

#include <string>

#include "core/message.h"

namespace agentd {

/// USD per million tokens of the models whose "PROVIDER/NAME" matches the pattern ('*' is any text).
struct Price {
  std::string pattern;
  double input = 0;
  double cache_read = 0;
  double cache_write = 0;
  double output = 0;
  bool operator==(const Price&) const = default;
};

double cost_usd(const Price& price, const Usage& usage);

}  // namespace agentd
