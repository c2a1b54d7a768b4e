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
  std::int64_t long_prompt =
      0;                  ///< a request with a prompt of more tokens costs more, all of it; 0: none does
  double long_input = 1;  ///< by this factor, for the three kinds of input
  double long_output = 1;
  bool operator==(const Price&) const = default;
};

double cost_usd(const Price& price, const Usage& usage);

}  // namespace agentd
