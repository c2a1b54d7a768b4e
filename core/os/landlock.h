#pragma once

#include "core/fd.h"
#include "core/sandbox.h"

namespace agentd {

/// The version of the kernel's Landlock; 0: none.
int landlock_version();

/// The rules of a sandbox, to be taken on with landlock_restrict_self; none where there is no Landlock.
/// Throws std::system_error.
Fd make_landlock_rules(const Sandbox& sandbox);

constexpr int kLandlockMoves = 2;  ///< files may move between folders
constexpr int kLandlockTruncate = 3;
constexpr int kLandlockTcp = 4;
constexpr int kLandlockDevices = 5;  ///< ioctl
constexpr int kLandlockScopes = 6;   ///< signals and abstract sockets
constexpr int kLandlockSockets = 9;  ///< connecting to sockets by path

}  // namespace agentd
