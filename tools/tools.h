#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/child_runs.h"
#include "core/clock.h"
#include "core/http.h"
#include "core/notes.h"
#include "core/process.h"
#include "core/seal.h"
#include "core/secrets.h"
#include "core/tool.h"
#include "tools/workspace.h"

namespace agentd {

/// What a tool may touch.
struct ToolContext {
  std::filesystem::path workspace;
  std::filesystem::path outputs;  ///< runs/ID/outputs
  Process& process;
  const Stop& stop;                                ///< of the call; the toolbox puts its own here
  std::map<std::string, std::string> environment;  ///< for child processes, secrets left out
  Secrets& secrets;               ///< masked in every result; taught the tokens that tools get
  Clock* clock = nullptr;         ///< may be called from several threads
  HttpTransport* http = nullptr;  ///< may be called from several threads
  std::function<std::unique_ptr<HttpTransport>()> make_http = {};
  std::optional<Sandbox> sandbox = {};  ///< of child processes; none: they may touch all that we may
  FileTest guarded = nullptr;           ///< files that no tool in this process may open or replace
  ChildRuns* children = nullptr;        ///< of agent tools; may be called from several threads
  Notes* notes = nullptr;               ///< of memory tools; may be called from several threads
  std::string run = {};                 ///< whose calls these are, as notes tell it
  std::string task = {};                ///< its name
  const Seal* seal = nullptr;           ///< of stored outputs; null: they are not encrypted
};

/// Takes what a call puts out: any bytes, any amount. Throws Error(Storage) where it cannot be kept.
using OutputSink = std::function<void(std::string_view)>;

/// A tool's own word about one call. The toolbox caps, masks and cleans it afterwards.
struct ToolAnswer {
  Outcome outcome = Outcome::Ok;
  std::string text;      ///< comes after all that went into the sink
  bool cut_off = false;  ///< the invocation had to end first: the call may or may not have taken effect
  /// What happened instead of an end, see Tools::run; the rest does not matter then.
  std::optional<Event> event = {};
  std::optional<Spent> spent = {};  ///< by a child run, or for embeddings
};

class Tool {
 public:
  virtual ~Tool() = default;
  virtual ToolSpec spec() const = 0;
  /// The toolbox has checked the arguments by spec().parameters. What else is bad about them is an answer
  /// that the model reads, never an exception. Called from several threads.
  virtual ToolAnswer run(const ToolRun& call, const ToolContext& context, const OutputSink& output) const = 0;
  /// Finds out what became of a call that was interrupted: an answer, as run would have given; ToolStarted if
  /// it had no effect; none if that cannot be known. Called only where the task gives the tool a check.
  virtual std::optional<ToolAnswer> settle(const ToolRun&, const ToolContext&, const OutputSink&) const {
    return std::nullopt;
  }
  /// Quick work on files: such calls of one reply run one after the other, each seeing what those before it
  /// did.
  virtual bool keeps_order() const { return false; }
};

/// The names of all built-in tools, sorted.
std::vector<std::string_view> tool_names();
/// Null for a name that is not built in. Throws Error(Usage) for a setting that the tool does not have.
/// `${VAR}` in `env` must have been expanded.
std::unique_ptr<Tool> make_tool(const ToolSetup& setup);
/// Throws Error(Usage) for a name that is not built in.
std::vector<ToolSpec> tool_specs(const std::vector<ToolSetup>& setups);

/// All tools of a task behind the seam of the loop. `journaled`: those of the run so far.
std::unique_ptr<Tools> make_toolbox(const std::vector<ToolSetup>& setups, ToolContext context, Clock& clock,
                                    const std::vector<ToolSpec>& journaled = {});

/// What of our own environment child processes may see: a short list, and no proxy that holds a password.
std::map<std::string, std::string> tool_environment(const char* const* environ);

}  // namespace agentd
