#pragma once

#include <string_view>

#include "tools/tools.h"

namespace agentd {

/// Puts out what a result of tools/call says to a model. Text goes on as it is; of what is no text, its kind
/// and size.
Outcome write_result(std::string_view result, const OutputSink& output);

}  // namespace agentd
