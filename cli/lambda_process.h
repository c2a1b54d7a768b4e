#pragma once

#include <optional>

#include "cli/args.h"
#include "cli/own_process.h"
#include "core/os/child_process.h"

namespace agentd {

/// Answers events, each in a process of its own: nothing is held once it has answered.
class EventProcess {
 public:
  struct Event {
    std::string id;
    std::string text;
    std::optional<std::int64_t> time_ms;  ///< for all of it, the way out included
  };

  /// `args`: of `agentd lambda`, whose settings hold for each event.
  explicit EventProcess(const Args& args) : args_(args) {}
  /// One line of JSON: a result, or a function error where its `errorType` is set. There always is one,
  /// `stop` or not, before the time is over.
  std::string answer(const Event& event, const Stop& stop) const;

 private:
  const Args& args_;
  mutable ChildProcess process_;
  OwnProcess own_process_{process_};
};

/// Whether an answer says that its event need not come again.
bool is_done_with(const std::string& answer);
bool is_function_error(const std::string& answer);

/// "suspended digest-3f2a9c01 (deadline)", for the log.
std::string summary_of(const std::string& answer);

}  // namespace agentd
