#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/task.h"

namespace agentd {

enum class Output { Text, Json, Jsonl };

/// What agentd memory is to do, and with which notes.
struct NoteArgs {
  std::string action;
  std::vector<std::string> words;   ///< what follows it
  std::optional<std::string> name;  ///< of the namespace; none: the only one
  std::vector<std::string> tags;
  std::optional<std::string> subject;    ///< forget: notes that say this
  std::optional<std::string> expires;    ///< put: a time or duration
  std::optional<double> importance;      ///< put
  std::optional<std::int64_t> replaces;  ///< put: the id of a note
  std::optional<std::int64_t> limit;
  bool with_history = false;  ///< list
};

/// The command line as plain data. Durations are milliseconds.
struct Args {
  std::string command;
  std::string target;                    ///< TASK.yaml, a run's id or a shell; tools: may be empty
  std::optional<std::string> task_text;  ///< the task itself, where it stands in no file
  std::vector<std::string> ids;          ///< forget: runs
  std::string text;                      ///< send: what to say; deny: why
  std::string call;                      ///< approve, deny; empty: all that wait
  std::string memory;                    ///< option, environment or default; empty for doctor alone
  std::optional<std::string> run;
  bool new_run = false;
  std::vector<std::pair<std::string, std::string>> inputs;
  std::optional<std::string> inputs_file;
  std::optional<std::int64_t> deadline_ms;
  std::optional<std::int64_t> begun_ms;  ///< lambda: what deadline_ms counts from, by boot_ms; none: now
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
  std::optional<std::string> status;          ///< list
  std::optional<std::int64_t> step;           ///< show
  std::int64_t since = 0;                     ///< log
  bool follow = false;                        ///< log
  bool online = false;                        ///< doctor
  std::optional<std::int64_t> jobs;           ///< tick
  std::optional<std::string> event;           ///< lambda: FILE, or - for stdin
  std::string request_id;                     ///< lambda: what tells the event from others; may be empty
  std::optional<std::int64_t> older_than_ms;  ///< forget
  bool dry_run = false;                       ///< forget, gc
  EncryptionSetup encryption;                 ///< encrypt: where the key is from now on
  std::optional<std::string> into;            ///< encrypt: a new memory directory
  NoteArgs note;                              ///< memory
};

/// Parses argv. Prints help or the version and returns none if that was asked for; throws Error(Usage)
/// otherwise.
std::optional<Args> parse_args(int argc, const char* const* argv);

/// An option of a command, or one of its places, as help tells it.
struct OptionText {
  std::vector<std::string> names;  ///< as -i and --input; of a place none
  std::string form;                ///< what its value looks like, or the place's name; of a flag empty
  std::string about;
  bool is_required = false;
  bool may_repeat = false;
};

struct Syntax;
std::vector<OptionText> option_texts(const Syntax& command);

/// Whether it may name a call, STEP.INDEX.
bool is_call(std::string_view text);

}  // namespace agentd
