#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

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

/// The built-in table holds at the providers' own servers only.
enum class BuiltInPrices { Search, Skip };

/// The first of `own`, then of the built-in table, that matches; none if the price is unknown.
std::optional<Price> find_price(std::span<const Price> own, std::string_view provider, std::string_view model,
                                BuiltInPrices built_in = BuiltInPrices::Search);
double cost_usd(const Price& price, const Usage& usage);

}  // namespace agentd
