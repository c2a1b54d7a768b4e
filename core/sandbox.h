#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace agentd {

/// What a program, and all that it starts, may touch. Paths are absolute and lead through no symbolic link,
/// or they count for nothing, like those that are not there. Besides: no new privileges, no core files, no
/// signals to and no memory of programs outside.
struct Sandbox {
  /// One path laid over another in the program's own view of the files. Both must be there.
  struct Cover {
    std::string path;
    std::string with;  ///< of the same kind, folder or file
    bool operator==(const Cover&) const = default;
  };
  std::vector<std::string> writable;  ///< read, written and executed, with all that lies beneath
  std::vector<std::string> readable;  ///< read and executed, with all that lies beneath
  std::vector<std::string> listable;  ///< names alone
  std::vector<Cover> covers;
  bool network = true;
  std::optional<std::int64_t> memory_mb = {};  ///< address space of each program
  std::optional<std::int64_t> file_mb = {};    ///< each file that it writes; it is killed for more
  /// The newest form of Landlock to make use of: lower ones show what older kernels can do.
  int landlock = 1000;
  bool operator==(const Sandbox&) const = default;
};

/// What this kernel can hold a program to.
struct SandboxSupport {
  int landlock = 0;               ///< the version of its interface; 0: every file is open
  bool filter = false;            ///< of system calls, which closes the network
  bool covers = false;            ///< we may lay paths over others
  std::vector<std::string> gaps;  ///< what programs can do all the same: "send signals to …"
  bool operator==(const SandboxSupport&) const = default;
};

}  // namespace agentd
