#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/price.h"

namespace agentd {

/// The built-in table holds at the providers' own servers only.
enum class BuiltInPrices { Search, Skip };

/// The first of `own`, then of the built-in table, that matches; none if the price is unknown.
std::optional<Price> find_price(std::span<const Price> own, std::string_view provider, std::string_view model,
                                BuiltInPrices built_in = BuiltInPrices::Search);

}  // namespace agentd
