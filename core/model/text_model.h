#pragma once

#include <memory>
#include <span>
#include <string>

#include "core/model.h"

namespace agentd {

/// Tool calls in plain text, Thought / Action / Observation, for models that have no other form.

/// What such a model is told of the form and of its tools. Rendered once, when the run starts.
std::string render_text_protocol(std::span<const ToolSpec> tools);

/// Makes calls or the answer out of what the model wrote, tolerant of what small models really write; a reply
/// that is neither is rejected with a complaint. What the model wrote is kept, as a JSON text, in
/// provider_content, up to where it began to make up results.
ModelReplied read_text_reply(ModelReplied reply, std::span<const ToolSpec> tools);

/// Speaks that form with `model`, which is given no tools.
std::unique_ptr<Model> make_text_model(std::unique_ptr<Model> model);

}  // namespace agentd
