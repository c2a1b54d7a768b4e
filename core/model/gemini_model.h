#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/task.h"

namespace agentd {

/// What the name of a Gemini model tells about it.

/// Major * 100 + minor: 205, 300. 9900 for what is always the latest, 0 for names that do not tell.
int gemini_version(std::string_view model);

/// A thinkingConfig as JSON text: a level from 3 on, a budget for 2.5. Empty for models that do not think.
std::string gemini_thinking(std::string_view model, std::string_view reasoning,
                            std::optional<std::int64_t> max_output_tokens = {});

/// Where it is asked. The base may end in the API's version, and the name begin with "models/".
std::string gemini_url(const ModelSetup& setup, const std::string& base);

}  // namespace agentd
