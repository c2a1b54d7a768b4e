#pragma once

#include <linux/filter.h>

#include <vector>

#include "core/sandbox.h"

namespace agentd {

/// A filter of system calls for seccomp, which `landlock`, the version in force, leaves to be done; empty on
/// processors that it does not know.
std::vector<sock_filter> make_syscall_filter(const Sandbox& sandbox, int landlock);

}  // namespace agentd
