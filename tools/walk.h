#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/fd.h"

namespace agentd {

/// What stands in a folder. Links are told, never followed.
struct Entry {
  enum class Kind { File, Folder, Link, Other };

  std::string path;  ///< relative to where the walk began
  std::string name;
  Kind kind = Kind::Other;
  std::int64_t size = 0;
  int folder = -1;  ///< the folder it stands in, open during the visit
};

enum class Step { Into, Over, Stop };

/// Visits everything beneath a folder, sorted by name, a folder before what is in it. Returns how many
/// folders could not be read.
std::size_t walk(const Fd& folder, const std::function<Step(const Entry&)>& visit);

}  // namespace agentd
