#pragma once

#include <cstdint>
#include <string_view>

#include "core/model.h"

namespace agentd {

/// What the name of a Claude tells, whoever serves it.
struct ClaudeModel {
  enum class Thinking { None, Budget, Adaptive };
  int version = 0;  ///< major * 100 + minor: 307, 405. 9900 without a number, 0 for what is no Claude
  Thinking thinking = Thinking::None;
  bool has_schemas = false;       ///< Anthropic's own API takes a schema of the answer
  bool thinks_unasked = false;    ///< within the limit of output tokens
  std::int64_t usual_tokens = 0;  ///< of output, where the task sets no limit
};
ClaudeModel claude_model(std::string_view name);

/// How Claude is asked to think, and the limit of output tokens that leaves room for it.
struct ClaudeThinking {
  ClaudeModel::Thinking form = ClaudeModel::Thinking::None;
  std::int64_t budget = 0;  ///< tokens
  std::int64_t max_tokens = 0;
};
/// `provider`: whose form a reply must have to go back as it came.
ClaudeThinking claude_thinking(const ModelRequest& request, std::string_view provider);

}  // namespace agentd
