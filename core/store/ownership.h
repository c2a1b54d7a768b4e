#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/fd.h"
#include "core/store/memory_dir.h"

namespace agentd {

/// A database that one process at a time works on: a run's journal, or what a namespace remembers.
struct OwnedFiles {
  std::filesystem::path database;
  std::filesystem::path lock;
  std::string what;                   ///< as people know it: "run digest-1"
  std::string remnants;               ///< what they remove to start over, where the database is gone
  std::string (*schema)() = nullptr;  ///< of an empty one
  std::optional<DataKey> key = {};    ///< of this database; none: it is not encrypted
  std::filesystem::path wal() const { return database.string() + "-wal"; }
};

/// Who works on it, as its lock file tells people. Never used to decide anything.
struct Holder {
  std::string host;
  std::int64_t pid = 0;
  std::int64_t since_ms = 0;
};
/// What the lock file says last; a default Holder where it says nothing.
Holder read_holder(const std::filesystem::path& lock);
/// Whether somebody works on it now. Asks, and takes no lock.
bool is_held(const std::filesystem::path& lock);

/// Takes the first of the locks of a database, alone; none: somebody has it. Held until it is closed.
Fd take_lock(const std::filesystem::path& lock);

/// The locks of a database: `lock`, then its -wal, as architecture's Storage section orders them. Held until
/// destruction, which must come after the database is closed. At most one for each in a process; several
/// databases may be owned at once, by several threads.
class Ownership {
 public:
  /// Null if another still holds it after wait_ms, or `stop` came first. Makes the database where there never
  /// was one. Throws Error(Storage) if the ground is unsafe, or there once was one that is gone.
  static std::unique_ptr<Ownership> acquire(const OwnedFiles& files, std::int64_t wait_ms, Clock& clock,
                                            const Stop& stop);
  /// The same for the journal of a run.
  static std::unique_ptr<Ownership> acquire(const RunPaths& paths, std::int64_t wait_ms, Clock& clock,
                                            const Stop& stop);
  ~Ownership();
  Ownership(const Ownership&) = delete;
  Ownership& operator=(const Ownership&) = delete;

 private:
  static std::unique_ptr<Ownership> try_acquire(const OwnedFiles& files, std::int64_t now_ms);
  Ownership(const OwnedFiles& files, int lock_fd, int wal_fd);
  OwnedFiles files_;
  int lock_fd_;
  int wal_fd_;
};

/// Whether that file holds locks by which this process owns a database. Nobody else in it may open one:
/// closing any descriptor of a file drops the locks that the process has on it.
bool is_owned_here(const struct stat& file);

}  // namespace agentd
