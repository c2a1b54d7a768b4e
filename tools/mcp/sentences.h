#pragma once

#include "core/sentences.h"
#include "prompts.h"

namespace agentd {

/// A line of prompts/tools/mcp.md.
consteval std::string_view mcp_sentence(std::string_view name) {
  return sentence_of(prompts::tools_mcp, name);
}

}  // namespace agentd
