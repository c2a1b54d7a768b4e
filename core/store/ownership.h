#pragma once

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
/// destruction, which must come after the journal's. At most one per run in a process, and nobody else there
/// may open the -wal while it lives: closing any descriptor of a file drops the process's locks on it.
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
  Ownership(int lock_fd, int wal_fd) : lock_fd_(lock_fd), wal_fd_(wal_fd) {}
  int lock_fd_;
  int wal_fd_;
};

}  // namespace agentd
