#pragma once

#include "core/fields.h"
#include "core/task.h"

namespace agentd {

/// The keys of `model` in task.yaml.
const Fields<ModelSetup>& model_fields();

/// What goes together, of a model and its fallbacks. `json` is what `model` was read from.
void check_model(const Json& json, const ModelSetup& model, const Place& place);

}  // namespace agentd
