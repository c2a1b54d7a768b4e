#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/sandbox.h"

namespace agentd {

struct ProcessRequest {
  std::vector<std::string> argv;           ///< argv[0] is looked up in the PATH of `env`
  std::string folder;                      ///< where it runs
  std::map<std::string, std::string> env;  ///< all of it: nothing is inherited
  std::string input;                       ///< its stdin
  std::int64_t timeout_ms = 0;
  std::optional<Sandbox> sandbox = std::nullopt;  ///< none: all that we may touch
};

struct ProcessResult {
  enum class End { Exited, Signalled, TimedOut, Interrupted, NotStarted };
  End end = End::Exited;
  int status = 0;       ///< exit status, or the signal's number
  std::string message;  ///< NotStarted: why
  bool operator==(const ProcessResult&) const = default;
};

/// Starts programs. Whatever way one ends, its whole process group is dead when run returns, and it dies with
/// us.
class Process {
 public:
  virtual ~Process() = default;
  /// `output` gets stdout and stderr as they come, interleaved, any bytes. May be called from several
  /// threads.
  virtual ProcessResult run(const ProcessRequest& request,
                            const std::function<void(std::string_view)>& output, const Stop& stop) = 0;
};

}  // namespace agentd
