#include "core/store/mount.h"

#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <vector>

#include "core/error.h"

namespace agentd {
namespace fs = std::filesystem;
namespace {

struct Mount {
  std::string type;
  std::vector<std::string> options;
};

struct LocalLocks {
  std::string_view type;
  std::string_view option;  ///< empty: always
};
constexpr std::array kLocalLocks = {LocalLocks{"nfs", "nolock"},
                                    LocalLocks{"nfs", "local_lock=all"},
                                    LocalLocks{"nfs", "local_lock=posix"},
                                    LocalLocks{"nfs4", "local_lock=all"},
                                    LocalLocks{"nfs4", "local_lock=posix"},
                                    LocalLocks{"cifs", "nobrl"},
                                    LocalLocks{"smb3", "nobrl"},
                                    LocalLocks{"fuse.gcsfuse", ""},
                                    LocalLocks{"fuse.mountpoint-s3", ""},
                                    LocalLocks{"fuse.s3fs", ""},
                                    LocalLocks{"fuse.sshfs", ""}};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

/// "36 35 0:44 / /mnt rw shared:1 - nfs4 host:/ rw,vers=4.1,local_lock=none"; of several the last covers the
/// others.
Mount find_mount(const MountFacts& facts) {
  Mount found;
  for (const std::string& line : split(facts.mountinfo, '\n')) {
    const std::vector<std::string> words = split(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 3 || words[2] != facts.device || words.end() - dash < 4) continue;
    found = {dash[1], split(dash[3], ',')};
  }
  return found;
}

bool has(const Mount& mount, std::string_view option) {
  return option.empty() ||
         std::find(mount.options.begin(), mount.options.end(), option) != mount.options.end();
}

bool is_remote(const fs::path& path) {
  constexpr std::array<unsigned long, 5> kRemote = {0x6969, 0xFF534D42, 0xFE534D42, 0x517B, 0x65735546};
  struct statfs found = {};
  if (::statfs(path.c_str(), &found) != 0) return false;
  const auto type = static_cast<unsigned long>(found.f_type) & 0xFFFFFFFF;
  return std::find(kRemote.begin(), kRemote.end(), type) != kRemote.end();
}

std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<MountFacts> facts_of(const fs::path& path) {
  struct stat found = {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  const std::string device = std::to_string(major(found.st_dev)) + ":" + std::to_string(minor(found.st_dev));
  return MountFacts{device, text_of("/proc/self/mountinfo"),
                    text_of("/sys/module/nfs/parameters/recover_lost_locks")};
}

}  // namespace

std::string judge_mount(const MountFacts& facts, const fs::path& path) {
  const Mount mount = find_mount(facts);
  if (mount.type.starts_with("nfs") && facts.recover_lost_locks.starts_with("Y")) {
    throw Error(Exit::Storage,
                path.string() + " is on NFS and this machine takes lost locks back in silence, so two " +
                    "owners could write one run: set nfs.recover_lost_locks=0 and mount it again");
  }
  for (const LocalLocks& local : kLocalLocks) {
    if (mount.type != local.type || !has(mount, local.option)) continue;
    return path.string() + " is mounted as " + mount.type +
           (local.option.empty() ? "" : " with " + std::string(local.option)) +
           ": locks do not reach other hosts there, so let only one host work in it";
  }
  return "";
}

std::string mount_warning(const fs::path& path) {
  const std::optional<MountFacts> facts = is_remote(path) ? facts_of(path) : std::nullopt;
  return facts ? judge_mount(*facts, path) : "";
}

/// Spaces stand as \040 there, and a path with one is found by the mount above it.
std::string mount_point(const std::string& mountinfo, const fs::path& path) {
  std::string found;
  for (const std::string& line : split(mountinfo, '\n')) {
    const std::vector<std::string> words = split(line, ' ');
    if (words.size() < 5 || words[4].size() < found.size()) continue;
    const fs::path rest = path.lexically_relative(words[4]);
    if (!rest.empty() && *rest.begin() != "..") found = words[4];
  }
  return found;
}

std::string vanishing_warning(const fs::path& path) {
  const std::string point =
      mount_point(text_of("/proc/self/mountinfo"), fs::weakly_canonical(fs::absolute(path)));
  if (point != "/" && point != "/tmp") return "";
  return path.string() +
         " is no mounted file system: what runs keep there vanishes with this environment; mount one there";
}

std::string mount_type(const fs::path& path) {
  const std::optional<MountFacts> facts = facts_of(path);
  return facts ? find_mount(*facts).type : "";
}

}  // namespace agentd
