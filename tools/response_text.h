#pragma once

#include "tools/fetch.h"
#include "tools/tools.h"

namespace agentd {

enum class PageForm { Text, Source };

/// What the model is told of a response: pages as text, other text as it is, of everything else what it is. A
/// status of 400 and up, and a failure, are failed answers.
ToolAnswer response_answer(const Fetched& fetched, PageForm form, const OutputSink& output);

}  // namespace agentd
