#include <algorithm>

#include "core/model/bedrock.h"

namespace agentd {
namespace {

constexpr std::string_view kDigits = "0123456789";

/// 405 for "…-4-5-…", 400 for "…-4-20250514-…", 0 where the name has no number of this form.
int version_in(std::string_view name) {
  int numbers = 0, version = 0;
  while (!name.empty() && numbers < 2) {
    const std::size_t end = std::min(name.find('-'), name.size());
    const std::string_view part = name.substr(0, end);
    const bool is_number =
        !part.empty() && part.size() <= 2 && part.find_first_not_of(kDigits) == std::string_view::npos;
    if (is_number) {
      int value = 0;
      for (const char c : part) value = value * 10 + (c - '0');
      version += numbers++ == 0 ? value * 100 : value;
    } else if (numbers > 0) {
      break;
    }
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return version;
}

}  // namespace

BedrockModel bedrock_model(std::string_view id) {
  constexpr std::string_view kClaude = "anthropic.claude-", kNova = "amazon.nova-";
  BedrockModel model;
  if (const std::size_t at = id.find(kClaude); at != std::string_view::npos) {
    const std::string_view name = id.substr(at + kClaude.size());
    const int version = version_in(name);
    model.takes_result_status = version >= 300;
    // 3.5 Sonnet takes them from a few early users alone, and refuses everybody else's.
    model.takes_cache_points = version >= 307 || name.starts_with("3-5-haiku");
    using Thinking = BedrockModel::Thinking;
    // From 4.7 on a budget is refused.
    model.thinking = version >= 406 ? Thinking::Adaptive : version >= 307 ? Thinking::Budget : Thinking::None;
  } else if (const std::size_t nova = id.find(kNova); nova != std::string_view::npos) {
    model.takes_result_status = true;
    // Nova 2 caches by itself and was seen to refuse them.
    model.takes_cache_points = !id.substr(nova + kNova.size()).starts_with("2-");
  }
  return model;
}

}  // namespace agentd
