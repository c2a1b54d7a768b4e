#pragma once

#include <linux/filter.h>
#include <sys/resource.h>

#include <vector>

#include "core/fd.h"
#include "core/sandbox.h"

namespace agentd {

/// Asks the kernel; `landlock` as in Sandbox.
SandboxSupport sandbox_support(int landlock = Sandbox().landlock);

/// A sandbox made ready. What remains can be done between vfork and exec: it takes no memory.
class Confinement {
 public:
  /// Throws std::system_error.
  explicit Confinement(const Sandbox& sandbox);
  /// Confines the calling process for good. Null: done; else what could not be done, and errno says why.
  const char* enter() const;

 private:
  struct Limit {
    decltype(RLIMIT_CORE) resource;
    rlimit value;
  };
  std::vector<Limit> limits_;
  std::vector<Sandbox::Cover> covers_;
  Fd rules_;
  std::vector<sock_filter> filter_;
};

}  // namespace agentd
