#pragma once

#include <memory>
#include <optional>

#include "core/clock.h"

namespace agentd {

/// Stops at SIGINT, SIGTERM or SIGHUP, and at the deadline less its margin: 2 s, 10 % of deadlines under 20
/// s. A second SIGINT kills the process. At most one of these lives at a time; the handlers go with it.
std::unique_ptr<Stop> make_process_stop(std::optional<std::int64_t> deadline_ms);

}  // namespace agentd
