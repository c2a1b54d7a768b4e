#include "core/store/memory_probe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <system_error>

#include "core/error.h"
#include "core/fd.h"
#include "core/store/files.h"
#include "core/store/memory_dir.h"
#include "core/store/mount.h"
#include "core/store/ownership.h"
#include "core/store/sqlite_journal.h"

namespace agentd {
namespace fs = std::filesystem;
namespace {

constexpr const char* kArea = "memory";

/// One check: what it throws is what it found.
Finding checked(const char* name, const std::function<Finding()>& check) {
  try {
    return check();
  } catch (const Error& error) {
    return finding_of_error(kArea, name, Verdict::No, error.what());
  }
}

/// Of a directory that is not there: the folder that it would be made in.
fs::path nearest_folder(fs::path path) {
  std::error_code missing;
  while (path.has_relative_path() && !fs::exists(path, missing)) path = path.parent_path();
  return path;
}

Finding directory_finding(const fs::path& path, const FindKey& find) {
  const MemoryDir memory = MemoryDir::look(path, find);
  const char* name = "directory";
  if (!is_there(memory.path()))
    return {kArea, name, Verdict::Ok, memory.path().string() + " is not there yet: the first run makes it"};
  if (!is_there(memory.path() / "FORMAT"))
    return {kArea, name, Verdict::Ok, memory.path().string() + " is empty: the first run sets it up"};
  const std::size_t runs = memory.run_ids().size();
  return {kArea, name, Verdict::Ok,
          memory.path().string() + " holds " + std::to_string(runs) + (runs == 1 ? " run" : " runs") +
              (memory.user_key() ? ", encrypted with the key " + memory.user_key()->id() : "")};
}

std::string size_text(std::uint64_t megabytes) {
  constexpr std::uint64_t kMany = 10 << 10;
  return megabytes < kMany ? std::to_string(megabytes) + " MB" : std::to_string(megabytes >> 10) + " GB";
}

Finding space_finding(const fs::path& folder) {
  constexpr std::uint64_t kLeast = 16, kEnough = 500;
  struct statvfs found = {};
  if (::statvfs(folder.c_str(), &found) != 0) throw_errno("look at", folder, errno);
  if (found.f_files > 0 && found.f_favail == 0)
    return {kArea, "space", Verdict::No, "its file system can hold no further files", "remove files there"};
  const std::uint64_t free = (found.f_bavail * found.f_frsize) >> 20;
  const std::string text = size_text(free) + " are free";
  if (free >= kEnough) return {kArea, "space", Verdict::Ok, text};
  return {kArea, "space", free < kLeast ? Verdict::No : Verdict::Warn, text,
          "make room: a run takes some MB, and its tools may need more"};
}

Finding mount_finding(const fs::path& folder) {
  const char* name = "file system";
  const std::string warning = mount_warning(folder), type = mount_type(folder);
  if (!warning.empty())
    return {kArea, name, Verdict::Warn, warning, "let only one host work in it, or mount it with locks"};
  if (type == "tmpfs" || type == "ramfs")
    return {kArea, name, Verdict::Warn, type + ": runs are lost when this machine restarts",
            "choose a --memory DIR on a disk"};
  if (type == "overlay")
    return {kArea, name, Verdict::Warn, "overlay, a container's own layer: runs are lost with the container",
            "choose a --memory DIR on a volume"};
  return {kArea, name, Verdict::Ok, type.empty() ? "of unknown kind" : type};
}

/// A folder to try things in. A memory directory that is set up meanwhile takes it for a file that is being
/// made there.
class Ground {
 public:
  explicit Ground(const fs::path& folder) {
    std::string name = (folder / ".FORMAT.probe-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw_errno("write in", folder, errno);
    path_ = name;
  }
  ~Ground() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Ground(const Ground&) = delete;
  Ground& operator=(const Ground&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Does `work` in a child, which may lose its life over it; what it says comes back. None: it died.
std::optional<std::string> said_apart(const std::function<std::string()>& work) {
  std::array<int, 2> ends = {-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  const Fd from(ends[0]);
  Fd to(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string text;
    try {
      text = "+" + work();
    } catch (const Error& error) {
      text = std::string("-") + error.what();
    }
    write_all(to.get(), text, "a pipe");
    ::_exit(0);
  }
  to.close();
  if (child < 0) return std::nullopt;
  const std::string text = read_all(from.get(), "a pipe");
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (text.starts_with('-')) throw Error(Exit::Storage, text.substr(1));
  return text.empty() ? std::nullopt : std::optional<std::string>(text.substr(1));
}

int take_lock(int fd) {
  struct flock all = {};
  all.l_type = F_WRLCK;
  all.l_whence = SEEK_SET;
  return ::fcntl(fd, F_SETLK, &all) == 0 ? 0 : errno;
}

/// A lock counts for something only if another process cannot have it too.
Finding locks_finding(const fs::path& folder) {
  const fs::path path = folder / "locked";
  const Fd mine(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!mine) throw_errno("write", path, errno);
  if (const int error = take_lock(mine.get()); error != 0) throw_errno("lock", path, error);
  const auto other = said_apart([&] {
    const Fd theirs(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    return std::to_string(theirs ? take_lock(theirs.get()) : -1);
  });
  if (other == std::to_string(EAGAIN) || other == std::to_string(EACCES))
    return {kArea, "locks", Verdict::Ok, "a lock keeps other processes out"};
  return {kArea, "locks", Verdict::No, "a lock does not keep another process out",
          "mount its file system with locks, or choose another --memory DIR"};
}

std::int64_t microseconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin)
      .count();
}

/// Writes a journal as an invocation does. Returns the median time of a commit, in microseconds.
std::string write_journal(const RunPaths& paths, Clock& clock, const Stop& stop) {
  constexpr std::int64_t kCommits = 9;
  std::vector<std::int64_t> times;
  const auto owner = Ownership::acquire(paths, 0, clock, stop);
  if (!owner) throw Error(Exit::Storage, "a new run cannot be locked; check its file system");
  const auto journal = open_journal(paths);
  for (std::int64_t seq = 1; seq <= kCommits; ++seq) {
    const auto begin = std::chrono::steady_clock::now();
    journal->append({seq, clock.now_ms(), 0, UserSaid{std::string(1000, 'x'), ""}});
    journal->commit();
    times.push_back(microseconds_since(begin));
  }
  std::sort(times.begin(), times.end());
  return std::to_string(times[times.size() / 2]);
}

std::string milliseconds_text(std::int64_t microseconds) {
  return std::to_string(microseconds / 1000) + "." + std::to_string(microseconds % 1000 / 100) + " ms";
}

Finding journal_finding(const fs::path& folder, Clock& clock, const Stop& stop) {
  const RunPaths paths{folder};
  const auto median = said_apart([&] { return write_journal(paths, clock, stop); });
  if (!median)
    return {kArea, "journal", Verdict::No, "a journal cannot be kept there",
            "choose a --memory DIR on another file system"};
  return {kArea, "journal", Verdict::Ok,
          "SQLite works; a step takes " + milliseconds_text(std::stoll(*median)) + " to become durable"};
}

}  // namespace

Findings probe_memory(const fs::path& path, const FindKey& find, Clock& clock, const Stop& stop) {
  Findings findings{checked("directory", [&] { return directory_finding(path, find); })};
  if (findings.front().verdict == Verdict::No) return findings;
  const fs::path folder = nearest_folder(fs::absolute(path).lexically_normal());
  findings.push_back(checked("space", [&] { return space_finding(folder); }));
  findings.push_back(checked("file system", [&] { return mount_finding(folder); }));
  try {
    const Ground ground(folder);
    findings.push_back(checked("locks", [&] { return locks_finding(ground.path()); }));
    findings.push_back(checked("journal", [&] { return journal_finding(ground.path(), clock, stop); }));
  } catch (const Error& error) {
    findings.push_back(finding_of_error(kArea, "writing", Verdict::No, error.what()));
  }
  return findings;
}

}  // namespace agentd
