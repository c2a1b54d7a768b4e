#pragma once

#include "core/finding.h"
#include "core/model/models.h"

namespace agentd {

/// Whether the environment has what each provider needs: a key, credentials, a region. Sends nothing and
/// never tells a value.
Findings probe_keys(const ModelWorld& world);

/// The same, and where there is one, asks the provider for its list of models: it costs nothing, and the key
/// must be good for it.
Findings try_keys(const ModelWorld& world, const Stop& stop);

}  // namespace agentd
