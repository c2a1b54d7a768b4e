#pragma once

#include <filesystem>
#include <vector>

namespace agentd {

/// What git has to write, and what only to read, outside of a folder that is a worktree of a repository
/// elsewhere.
struct Worktree {
  std::vector<std::filesystem::path> writable;
  std::vector<std::filesystem::path> readable;
};
Worktree worktree_of(const std::filesystem::path& folder);

}  // namespace agentd
