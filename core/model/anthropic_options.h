#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/model.h"

namespace agentd {

/// What a Messages request asks for beside its messages, in the form that the model's generation takes.
struct AnthropicOptions {
  std::int64_t max_tokens = 0;
  std::string thinking;       ///< JSON; empty: not sent
  std::string output_config;  ///< JSON; empty: not sent
  bool operator==(const AnthropicOptions&) const = default;
};
AnthropicOptions anthropic_options(const ModelRequest& request);

/// Whether Claude can be held to a schema: object by object closed, and nothing that its servers refuse.
bool is_claude_schema(std::string_view schema);

}  // namespace agentd
