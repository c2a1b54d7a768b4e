#pragma once

#include "core/sentences.h"
#include "prompts.h"
#include "tools/tools.h"

namespace agentd {

/// A line of prompts/tools/answers.md.
consteval std::string_view sentence(std::string_view name) {
  return sentence_of(prompts::tools_answers, name);
}

/// An answer that says what went wrong.
inline ToolAnswer failed(std::string text) {
  return {Outcome::Error, std::move(text)};
}

}  // namespace agentd
