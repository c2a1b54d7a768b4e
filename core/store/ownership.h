#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/store/memory_dir.h"

namespace agentd {

/// Who works on a run, as its lock file tells people. Never used to decide anything.
struct Holder {
  std::string host;
  std::int64_t pid = 0;
  std::int64_t since_ms = 0;
};
/// What the lock file says last; a default Holder where it says nothing.
Holder read_holder(const RunPaths& paths);
/// Whether an invocation works on the run now. Asks, and takes no lock.
bool is_held(const RunPaths& paths);

/// The locks of a run: `lock`, then journal.db-wal, as architecture's Storage section orders them. Held until
/// destruction, which must come after the journal's. At most one per run in a process; several runs may be
/// owned at once, by several threads.
class Ownership {
 public:
  /// Null if another invocation still holds the run after wait_ms, or `stop` came first. Throws
  /// Error(Storage) if the ground is unsafe, or the run once had a journal that is gone.
  static std::unique_ptr<Ownership> acquire(const RunPaths& paths, std::int64_t wait_ms, Clock& clock,
                                            const Stop& stop);
  ~Ownership();
  Ownership(const Ownership&) = delete;
  Ownership& operator=(const Ownership&) = delete;

 private:
  static std::unique_ptr<Ownership> try_acquire(const RunPaths& paths, std::int64_t now_ms);
  Ownership(const RunPaths& paths, int lock_fd, int wal_fd);
  RunPaths paths_;
  int lock_fd_;
  int wal_fd_;
};

/// Whether that file holds the locks of a run which this process owns. Nobody else in it may open one:
/// closing any descriptor of a file drops the locks that the process has on it.
bool is_owned_here(const struct stat& file);

}  // namespace agentd
