#include "tools/worktree.h"

#include <unistd.h>

#include <array>

#include "core/text.h"
#include "tools/readable.h"
#include "tools/workspace.h"

namespace agentd {
namespace {

namespace fs = std::filesystem;

/// "" unless it is a regular file; nothing is waited for.
std::string first_line(const fs::path& folder, const std::string& name) {
  const Opened file = Workspace(folder).open_file(name);
  std::array<char, 4096> buffer;
  const ssize_t got = file.fd ? ::read(file.fd.get(), buffer.data(), buffer.size()) : 0;
  const std::string text(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  return text.substr(0, text.find('\n'));
}

}  // namespace

// The workspace's own word is not enough: programs in it could point .git anywhere. The repository must know
// this worktree. Its hooks and configuration stay read-only: git outside would obey them.
Worktree worktree_of(const fs::path& folder) {
  constexpr std::string_view kPointer = "gitdir: ";
  const std::string pointer = first_line(folder, ".git");
  if (!pointer.starts_with(kPointer)) return {};
  const fs::path own = resolved(folder / pointer.substr(kPointer.size()));
  if (own.parent_path().filename() != "worktrees") return {};
  if (resolved(own / first_line(own, "gitdir")) != resolved(folder / ".git")) return {};
  const fs::path repository = own.parent_path().parent_path();
  return {{own, repository / "objects", repository / "refs", repository / "logs"}, {repository}};
}

}  // namespace agentd
