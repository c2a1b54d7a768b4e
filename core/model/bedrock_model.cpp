#include "core/model/bedrock.h"
#include "core/model/claude_model.h"

namespace agentd {

BedrockModel bedrock_model(std::string_view id) {
  using CachePoints = BedrockModel::CachePoints;
  constexpr std::string_view kNova = "amazon.nova-";
  BedrockModel model;
  if (id.find("anthropic.claude-") != std::string_view::npos) {
    const int version = claude_model(id).version;
    model.is_claude = true;
    model.takes_result_status = version >= 300;
    // 3.5 Sonnet takes them from a few early users alone, and refuses everybody else's.
    const bool is_cached = version >= 307 || id.find("claude-3-5-haiku") != std::string_view::npos;
    model.cache_points = is_cached ? CachePoints::Everywhere : CachePoints::None;
  } else if (const std::size_t nova = id.find(kNova); nova != std::string_view::npos) {
    model.takes_result_status = true;
    // Nova refuses them right behind a result, and Nova 2, which caches by itself, was seen to refuse them
    // all.
    const bool is_second = id.substr(nova + kNova.size()).starts_with("2-");
    model.cache_points = is_second ? CachePoints::None : CachePoints::System;
  }
  return model;
}

}  // namespace agentd
