#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/process.h"

namespace agentd {

/// This program once more, as a process of its own: what befalls it, from a crash to a lost lease, befalls
/// nobody else, and nothing of it is left when it has ended.
class OwnProcess {
 public:
  struct Request {
    std::vector<std::string> words;  ///< of its command line
    std::string input;               ///< its stdin
    std::int64_t timeout_ms = 0;     ///< then it is asked to end; 0: never
    std::int64_t grace_ms = 300;     ///< from there to SIGKILL
    std::int64_t death_ms = 1000;    ///< see ProcessRequest
  };
  struct Result {
    std::string answer;  ///< what it printed for programs; may be empty
    ProcessResult ended;
  };
  using Say = std::function<void(const std::string& line)>;

  explicit OwnProcess(Process& process);
  /// With our environment, which has the keys that models need. `say` hears each other line that it prints.
  /// May be called from several threads.
  Result run(const Request& request, const Say& say, const Stop& stop) const;

 private:
  Process& process_;
  std::map<std::string, std::string> environment_;
};

/// Whether a line is what a command prints for programs.
bool is_answer(std::string_view line);

}  // namespace agentd
