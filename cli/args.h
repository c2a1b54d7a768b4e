#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentd {

enum class Output { Text, Json, Jsonl };

/// The command line as plain data. Durations are milliseconds.
struct Args {
  std::string command;
  std::string target;                    ///< TASK.yaml or a run's id; tools: may be empty
  std::optional<std::string> task_text;  ///< the task itself, where it stands in no file
  std::string text;                      ///< send: what to say; deny: why
  std::string call;                      ///< approve, deny; empty: all that wait
  std::string memory;                    ///< option, environment or default; empty for doctor alone
  std::optional<std::string> run;
  bool new_run = false;
  std::vector<std::pair<std::string, std::string>> inputs;
  std::optional<std::string> inputs_file;
  std::optional<std::int64_t> deadline_ms;
  std::optional<std::string> model;
  std::optional<std::int64_t> max_steps;
  std::optional<double> max_cost;
  std::optional<std::string> workspace;
  std::int64_t wait_ms = 0;
  bool adopt = false;
  bool yes = false;
  Output output = Output::Text;
  bool quiet = false;
  bool verbose = false;
  std::optional<std::string> status;  ///< list
  std::optional<std::int64_t> step;   ///< show
  std::int64_t since = 0;             ///< log
  bool follow = false;                ///< log
  bool online = false;                ///< doctor
  std::optional<std::int64_t> jobs;   ///< tick
  std::optional<std::string> event;   ///< lambda: FILE, or - for stdin
  std::string request_id;             ///< lambda: what tells the event from others; may be empty
};

/// Parses argv. Prints help or the version and returns none if that was asked for; throws Error(Usage)
/// otherwise.
std::optional<Args> parse_args(int argc, const char* const* argv);

/// Whether it may name a call, STEP.INDEX.
bool is_call(std::string_view text);

}  // namespace agentd
