#pragma once

#include <functional>
#include <map>
#include <memory>
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
  std::int64_t grace_ms = 300;                    ///< from SIGTERM to SIGKILL
  std::int64_t death_ms = 1000;  ///< the most to wait for a killed process, which may hang in the kernel
};

struct ProcessResult {
  enum class End { Exited, Signalled, TimedOut, Interrupted, NotStarted };
  End end = End::Exited;
  int status = 0;       ///< exit status, or the signal's number
  std::string message;  ///< NotStarted: why
  bool operator==(const ProcessResult&) const = default;
};

/// Hears of one running program, on a thread of that program's own.
class ProcessWatcher {
 public:
  virtual ~ProcessWatcher() = default;
  virtual void output(std::string_view bytes) = 0;      ///< its stdout
  virtual void errors(std::string_view bytes) = 0;      ///< its stderr
  virtual void ended(const ProcessResult& result) = 0;  ///< once; nothing comes after it
};

/// A program that is talked with. May be used from several threads.
class RunningProcess {
 public:
  /// Ends it as `close` does and waits for that: for a second at most, unless it hangs in the kernel.
  virtual ~RunningProcess() = default;
  /// Queues bytes for its stdin and never waits. False: it has ended, or reads nothing of a long queue.
  virtual bool write(std::string_view bytes) = 0;
  /// Closes its stdin behind what is queued; SIGTERM and SIGKILL follow where it goes on. Does not wait.
  virtual void close() = 0;
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
  /// Starts one to talk with; its `input` and `timeout_ms` are not used. That it could not be started is told
  /// to the watcher too.
  virtual std::unique_ptr<RunningProcess> start(const ProcessRequest& request, ProcessWatcher& watcher) = 0;
};

}  // namespace agentd
