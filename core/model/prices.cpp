#include "core/model/prices.h"

#include <algorithm>

#include "core/model/price_table.h"

namespace agentd {
namespace {

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

/// Without the -2025-08-07 or -20250929 of a snapshot, or the -latest that stands for one.
std::string_view without_date(std::string_view model) {
  for (const std::string_view form : {"-20##-##-##", "-20######", "-latest"}) {
    if (model.size() <= form.size()) continue;
    const std::string_view end = model.substr(model.size() - form.size());
    const auto fits = [](char f, char c) { return f == '#' ? c >= '0' && c <= '9' : c == f; };
    if (std::equal(form.begin(), form.end(), end.begin(), fits))
      return model.substr(0, model.size() - form.size());
  }
  return model;
}

std::optional<Price> built_in_price(const std::string& name) {
  for (const PriceRow& row : price_table()) {
    if (!matches(row.pattern, name)) continue;
    return Price{std::string(row.pattern), row.input,      row.cache_read, row.cache_write, row.output,
                 row.long_prompt,          row.long_input, row.long_output};
  }
  return std::nullopt;
}

/// Claude on Bedrock costs what it does at Anthropic; from 4.5 on a tenth more where the region is chosen:
/// "eu.anthropic.claude-sonnet-4-5-20250929-v1:0".
std::optional<Price> bedrock_claude_price(std::string_view model) {
  constexpr std::string_view kMaker = "anthropic.";
  const std::size_t maker = model.find(kMaker);
  if (maker == std::string_view::npos) return std::nullopt;
  std::string_view name = model.substr(maker + kMaker.size());
  name = name.substr(0, name.find("-v1"));
  std::optional<Price> price = built_in_price("anthropic/" + std::string(without_date(name)));
  constexpr std::string_view kOneRate[] = {"claude-3-*", "claude-opus-4-1*", "claude-opus-4-2*",
                                           "claude-sonnet-4-2*"};
  const bool is_old = std::any_of(std::begin(kOneRate), std::end(kOneRate),
                                  [&](std::string_view pattern) { return matches(pattern, name); });
  if (!price || is_old || model.substr(0, maker).ends_with("global.")) return price;
  for (double* rate : {&price->input, &price->cache_read, &price->cache_write, &price->output}) *rate *= 1.1;
  return price;
}

}  // namespace

std::optional<Price> find_price(std::span<const Price> own, std::string_view provider, std::string_view model,
                                BuiltInPrices built_in) {
  const std::string prefix = std::string(provider) + "/";
  for (const Price& price : own) {
    if (matches(price.pattern, prefix + std::string(model))) return price;
  }
  if (built_in == BuiltInPrices::Skip) return {};
  if (provider == "bedrock")
    if (std::optional<Price> price = bedrock_claude_price(model)) return price;
  return built_in_price(prefix + std::string(without_date(model)));
}

}  // namespace agentd
