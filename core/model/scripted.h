#pragma once

#include <memory>

#include "core/model.h"

namespace agentd {

/// Plays the turns of setup.script: offline, deterministic, with templates that see real observations. Throws
/// Error(Usage) for a script that is no list of turns.
std::unique_ptr<Model> make_scripted_model(const ModelSetup& setup, const Inputs& inputs);

}  // namespace agentd
