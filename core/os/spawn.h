#pragma once

#include <array>

#include "core/fd.h"
#include "core/process.h"

namespace agentd {

/// A started program: the leader of its own process group and session.
struct Spawned {
  pid_t leader = -1;        ///< not reaped: until somebody does, the number names nobody else
  Fd output;                ///< its stdout and stderr; does not block
  Fd input;                 ///< Piped: its stdin; does not block
  Fd errors;                ///< Piped: its stderr, which `output` is without then; does not block
  std::array<Fd, 2> guard;  ///< once these are closed, by us or by our death, the kernel kills the group
};

/// Collected: stdin is the request's input, stdout and stderr are one pipe. Piped: a pipe for each of them.
enum class Stdio { Collected, Piped };

/// Throws std::system_error that says what could not be done. Takes as long as an exec, however large we are.
/// The program dies with the thread that calls this.
Spawned spawn(const ProcessRequest& request, Stdio stdio = Stdio::Collected);

}  // namespace agentd
