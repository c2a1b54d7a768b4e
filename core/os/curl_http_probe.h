#pragma once

#include "core/finding.h"

namespace agentd {

/// Which certificates curl knows servers by, and which proxies the environment sends it through. Sends
/// nothing.
Findings probe_network();

}  // namespace agentd
