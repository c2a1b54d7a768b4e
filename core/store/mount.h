#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace agentd {

/// What decides whether locks taken on a mount reach other hosts.
struct MountFacts {
  std::string device;              ///< "major:minor", as /proc/self/mountinfo writes it
  std::string mountinfo;           ///< the text of /proc/self/mountinfo
  std::string recover_lost_locks;  ///< the NFS client's parameter of that name; empty where there is none
};
/// One sentence for people; empty: locks are fine. Throws Error(Storage) where a lost lock would go
/// unnoticed.
std::string judge_mount(const MountFacts& facts, const std::filesystem::path& path);

/// The same, for the mount that `path` is on. One system call on a local disk.
std::string mount_warning(const std::filesystem::path& path);

/// One sentence for people where `path` is on no file system of its own, so that what is kept there is gone
/// with the machine that this process has to itself; else empty. `path` need not exist.
std::string vanishing_warning(const std::filesystem::path& path);
/// Its part that decides. `path` is absolute; `mountinfo` as in MountFacts.
std::string mount_point(const std::string& mountinfo, const std::filesystem::path& path);

/// As the kernel calls it: ext4, nfs4, tmpfs. Empty where it does not tell.
std::string mount_type(const std::filesystem::path& path);

}  // namespace agentd
