#include "core/os/landlock.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

// The interface of the kernel as it is, since neither libc nor the headers of most systems have all of it.
// A kernel takes a longer structure than it knows as long as the rest is zero. What none of them closes: the
// names, modes, owners and times of files outside, which may be looked at, and the last three changed by
// their owner.

namespace agentd {
namespace {

constexpr long kCreateRuleset = 444;  // the same number on every architecture
constexpr long kAddRule = 445;
constexpr unsigned kAskVersion = 1;
constexpr int kPathBeneath = 1;

constexpr std::uint64_t bit(int number) {
  return std::uint64_t{1} << number;
}
constexpr std::uint64_t kExecute = bit(0);
constexpr std::uint64_t kWriteFile = bit(1);
constexpr std::uint64_t kReadFile = bit(2);
constexpr std::uint64_t kReadFolder = bit(3);
constexpr std::uint64_t kMakeDevice = bit(6) | bit(11);  // character, block
constexpr std::uint64_t kFirst = bit(13) - 1;            // all that the first version knows
constexpr std::uint64_t kMove = bit(13);
constexpr std::uint64_t kTruncate = bit(14);
constexpr std::uint64_t kDevices = bit(15);
constexpr std::uint64_t kSockets = bit(16);
constexpr std::uint64_t kOfFiles = kExecute | kWriteFile | kReadFile | kTruncate | kDevices | kSockets;
constexpr std::uint64_t kRead = kExecute | kReadFile | kReadFolder;

struct Ruleset {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t scopes = 0;
};

struct [[gnu::packed]] PathRule {
  std::uint64_t allowed = 0;
  std::int32_t path = -1;
};

Ruleset handled(int version, bool network) {
  Ruleset rules{kFirst};
  if (version >= kLandlockMoves) rules.files |= kMove;
  if (version >= kLandlockTruncate) rules.files |= kTruncate;
  if (version >= kLandlockTcp && !network) rules.network = bit(0) | bit(1);  // bind, connect
  if (version >= kLandlockDevices) rules.files |= kDevices;
  if (version >= kLandlockScopes) rules.scopes = bit(0) | bit(1);  // abstract sockets, signals
  if (version >= kLandlockSockets) rules.files |= kSockets;
  return rules;
}

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Follows no link: it may have been laid by a program that was allowed to write there.
Fd open_name(const std::string& path) {
  struct open_how how = {};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  return Fd(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
}

void allow(const Fd& ruleset, const std::string& path, std::uint64_t rights) {
  const Fd fd = open_name(path);
  struct stat file = {};
  if (!fd || ::fstat(fd.get(), &file) != 0) return;  // not there, or out of our own reach
  const PathRule rule{S_ISDIR(file.st_mode) ? rights : rights & kOfFiles, fd.get()};
  if (::syscall(kAddRule, ruleset.get(), kPathBeneath, &rule, 0U) != 0)
    fail("cannot allow " + path + " in its sandbox");
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(kCreateRuleset, nullptr, std::size_t{0}, kAskVersion);
  return version > 0 ? static_cast<int>(version) : 0;
}

Fd make_landlock_rules(const Sandbox& sandbox) {
  const int version = std::min(landlock_version(), sandbox.landlock);
  if (version < 1) return Fd();
  const Ruleset rules = handled(version, sandbox.network);
  Fd ruleset(static_cast<int>(::syscall(kCreateRuleset, &rules, sizeof rules, 0U)));
  if (!ruleset) fail("cannot make its sandbox");
  for (const std::string& path : sandbox.writable) allow(ruleset, path, rules.files & ~kMakeDevice);
  for (const std::string& path : sandbox.readable) allow(ruleset, path, kRead);
  for (const std::string& path : sandbox.listable) allow(ruleset, path, kReadFolder);
  return ruleset;
}

}  // namespace agentd
