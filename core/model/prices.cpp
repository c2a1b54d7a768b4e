#include "core/model/prices.h"

#include <algorithm>

namespace agentd {
namespace {

struct Row {
  std::string_view pattern;
  double input, cache_read, cache_write, output;
};

// Standard rates as public price lists had them in November 2026, prompts up to 272,000 tokens. A dated
// snapshot costs what its name does. What is not here is unknown, not guessed: the user's own prices come
// first.
constexpr Row kBuiltIn[] = {
    {"openai/gpt-4.1", 2, 0.5, 2, 8},
    {"openai/gpt-4.1-mini", 0.4, 0.1, 0.4, 1.6},
    {"openai/gpt-4.1-nano", 0.1, 0.025, 0.1, 0.4},
    {"openai/gpt-4o", 2.5, 1.25, 2.5, 10},
    {"openai/gpt-4o-mini", 0.15, 0.075, 0.15, 0.6},
    {"openai/gpt-5", 1.25, 0.125, 1.25, 10},
    {"openai/gpt-5-mini", 0.25, 0.025, 0.25, 2},
    {"openai/gpt-5-nano", 0.05, 0.005, 0.05, 0.4},
    {"openai/gpt-5.1", 1.25, 0.125, 1.25, 10},
    {"openai/gpt-5.2", 1.75, 0.175, 1.75, 14},
    {"openai/gpt-5.4", 2.5, 0.25, 2.5, 15},
    {"openai/gpt-5.4-mini", 0.75, 0.075, 0.75, 4.5},
    {"openai/gpt-5.4-nano", 0.2, 0.02, 0.2, 1.25},
    {"openai/gpt-5.5", 5, 0.5, 5, 30},
    {"openai/o3", 2, 0.5, 2, 8},
    {"openai/o4-mini", 1.1, 0.275, 1.1, 4.4},
    {"scripted/*", 0, 0, 0, 0},
};

/// '*' is any text. Goes back to the last star alone, so the time is bounded by the product of the lengths.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

/// Without the -2025-08-07 or -20250929 of a snapshot.
std::string_view without_date(std::string_view model) {
  for (const std::string_view form : {"-20##-##-##", "-20######"}) {
    if (model.size() <= form.size()) continue;
    const std::string_view end = model.substr(model.size() - form.size());
    const auto fits = [](char f, char c) { return f == '#' ? c >= '0' && c <= '9' : c == f; };
    if (std::equal(form.begin(), form.end(), end.begin(), fits))
      return model.substr(0, model.size() - form.size());
  }
  return model;
}

}  // namespace

std::optional<Price> find_price(std::span<const Price> own, std::string_view provider, std::string_view model,
                                BuiltInPrices built_in) {
  const std::string prefix = std::string(provider) + "/";
  for (const Price& price : own) {
    if (matches(price.pattern, prefix + std::string(model))) return price;
  }
  if (built_in == BuiltInPrices::Skip) return {};
  const std::string name = prefix + std::string(without_date(model));
  for (const Row& row : kBuiltIn) {
    if (!matches(row.pattern, name)) continue;
    return Price{std::string(row.pattern), row.input, row.cache_read, row.cache_write, row.output};
  }
  return {};
}

}  // namespace agentd
