#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/config.h"
#include "cli/notices.h"
#include "cli/wish.h"
#include "core/http.h"
#include "core/journal.h"
#include "core/model/models.h"
#include "core/notes.h"
#include "core/os/child_process.h"
#include "core/person.h"
#include "core/reply_cache.h"
#include "core/store/memory_dir.h"
#include "tools/tools.h"

namespace agentd {

/// What the invocations of this process share: that of a run, and those of its children.
struct Host {
  const MemoryDir& memory;
  const Config& config;
  Clock& clock;
  const Stop& stop;
  Notices& notices;
  Secrets& secrets;          ///< taught those of each run
  Person* person = nullptr;  ///< null: nobody is here
};

/// Who wants a run to go on, and how.
struct Errand {
  std::function<void(const Record&)> observe = [](const Record&) {};
  std::int64_t wait_ms = 0;         ///< for another invocation of the run
  std::optional<Grant> grant = {};  ///< of the run that called this one; none: a user did
};

/// Throws Error(Usage) for what the environment does not give the task or an agent below it: a key, a price,
/// a variable.
void check_environment(const Host& host, const Task& task);

/// One invocation of one run. Nothing of the run is held once work() has returned.
class Invocation {
 public:
  struct Outcome {
    State state;
    bool has_worked = false;  ///< there was something to do
  };
  using MakeWish = std::function<Wish(const State&)>;

  Invocation(Host host, Errand errand);
  ~Invocation();
  /// None: another invocation works on the run.
  std::optional<Outcome> work(const RunPaths& paths, const MakeWish& make_wish);

 private:
  ModelWorld model_world();
  Now now(const RunPaths& paths, const State& state, const Wish& wish);
  Tools& tools_for(const Wish& wish, const RunPaths& paths, const std::vector<ToolSpec>& journaled);
  Notes* notes_for(const Wish& wish);
  std::vector<ToolSpec> specs_of(Tools& tools);
  void drive_as(const Wish& wish, const RunPaths& paths, Journal& journal, State& state,
                std::vector<Event> opening);

  Host host_;
  Errand errand_;
  std::unique_ptr<HttpTransport> http_;
  std::unique_ptr<ReplyCache> replies_;
  ChildProcess process_;
  std::unique_ptr<ChildRuns> children_;
  std::optional<DataKey> outputs_key_;
  std::unique_ptr<Notes> notes_;  ///< once they are needed
  std::unique_ptr<Tools> tools_;  ///< once they are needed
  std::vector<std::optional<Price>> prices_;
};

/// As the lock file of a run that this process owns tells it.
InvocationStarted this_invocation(const RunPaths& paths);

}  // namespace agentd
