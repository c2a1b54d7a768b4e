#pragma once

#include <memory>
#include <optional>

#include "core/clock.h"

namespace agentd {

/// Stops at SIGINT, SIGTERM or SIGHUP, and at the deadline less its margin: 2 s, 10 % of deadlines under 20
/// s. The deadline counts from `begun_ms`, by boot_ms; none: from now. A second SIGINT kills the process. At
/// most one of these lives at a time; the handlers go with it.
std::unique_ptr<Stop> make_process_stop(std::optional<std::int64_t> deadline_ms,
                                        std::optional<std::int64_t> begun_ms = {});

/// The same for all processes of a machine, and goes on while it sleeps: a deadline does not wait for it.
std::int64_t boot_ms();

}  // namespace agentd
