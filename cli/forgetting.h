#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/error.h"
#include "core/store/memory_dir.h"

namespace agentd {

/// A run as far as forgetting it goes.
struct KeptRun {
  std::string id;
  std::string status;  ///< as the result object has it
  std::string parent;
  bool has_ended = false;                  ///< also where it could be taken up again, as at a limit
  std::int64_t updated_at_ms = 0;          ///< 0: its journal cannot be read
  std::optional<std::int64_t> kept_to_ms;  ///< by its retention; none: until it is forgotten
  std::uintmax_t bytes = 0;
};

KeptRun look_at_kept(const MemoryDir& memory, const std::string& id);

/// The runs and those that they have called, each once.
std::vector<KeptRun> with_children(const MemoryDir& memory, std::vector<KeptRun> runs);

struct Forgotten {
  std::vector<KeptRun> runs;
  std::vector<KeptRun> held;           ///< an invocation works on them
  std::vector<std::string> leftovers;  ///< runs of which killed erasings had left something
  std::size_t notes = 0;
  std::vector<Error> problems;  ///< what could not be erased, and why
};

/// Erases the runs, and the replies that are kept for all runs: some may be theirs. One that cannot be erased
/// keeps no other from it.
Forgotten forget_runs(const MemoryDir& memory, const std::vector<KeptRun>& runs, Clock& clock);

/// The runs whose retention has passed, with their children. Stops looking when the invocation has to end.
std::vector<KeptRun> outlived_runs(const MemoryDir& memory, Clock& clock, const Stop& stop);

/// Forgets those, the notes that have expired, and leftovers.
Forgotten collect_garbage(const MemoryDir& memory, Clock& clock, const Stop& stop);

/// The same once a day, for whoever calls often: nothing, most of the time. Says on stderr what it did.
void collect_daily(const MemoryDir& memory, Clock& clock, const Stop& stop);

}  // namespace agentd
