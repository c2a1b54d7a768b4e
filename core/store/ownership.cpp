#include "core/store/ownership.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <iomanip>
#include <mutex>
#include <set>
#include <sstream>

#include "core/error.h"
#include "core/store/files.h"
#include "core/store/owned_database.h"
#include "core/store/sqlite_journal.h"

namespace agentd {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kFirstPauseMs = 50;
constexpr std::int64_t kLongestPauseMs = 1000;
constexpr const char* kTimeForm = "%Y-%m-%dT%H:%M:%SZ";

/// `command`: F_OFD_SETLK (of this descriptor) or F_SETLK (of this process).
bool lock_all(int fd, int command, const fs::path& path) {
  struct flock all = {};
  all.l_type = F_WRLCK;
  all.l_whence = SEEK_SET;
  while (::fcntl(fd, command, &all) != 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    if (errno != EINTR) throw_errno("lock", path, errno);
  }
  return true;
}

/// Creates the file if need be. None if somebody else holds it, or put another in its place while we took it.
Fd open_locked(const fs::path& path, int command) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) throw_errno("open", path, errno);
  if (!lock_all(fd.get(), command, path)) return Fd();
  struct stat locked = {}, named = {};
  if (::fstat(fd.get(), &locked) != 0) throw_errno("look at", path, errno);
  if (::stat(path.c_str(), &named) != 0 && errno != ENOENT) throw_errno("look at", path, errno);
  return is_same_file(locked, named) ? std::move(fd) : Fd();
}

/// "HOST pid 4242 since 2026-11-22T13:27:00Z"
std::string to_text(const Holder& holder) {
  const std::time_t since = holder.since_ms / 1000;
  std::tm time = {};
  ::gmtime_r(&since, &time);
  std::ostringstream text;
  text << holder.host << " pid " << holder.pid << " since " << std::put_time(&time, kTimeForm) << "\n";
  return text.str();
}

Holder holder_from(const std::string& text) {
  std::istringstream stream(text);
  Holder holder;
  std::string pid, since;
  std::tm time = {};
  stream >> holder.host >> pid >> holder.pid >> since >> std::get_time(&time, kTimeForm);
  if (!stream || pid != "pid" || since != "since") return {};
  holder.since_ms = static_cast<std::int64_t>(::timegm(&time)) * 1000;
  return holder;
}

Holder this_process(std::int64_t now_ms) {
  std::array<char, 256> host = {};
  ::gethostname(host.data(), host.size() - 1);
  return {host.front() == 0 ? "localhost" : host.data(), ::getpid(), now_ms};
}

/// Never leaves the file empty: an empty lock means a run that has not begun.
void write_holder(int fd, const Holder& holder, const fs::path& path) {
  const std::string text = to_text(holder);
  const auto size = static_cast<ssize_t>(text.size());
  if (::pwrite(fd, text.data(), text.size(), 0) != size || ::ftruncate(fd, size) != 0) {
    throw_errno("write", path, errno);
  }
}

/// Makes the database of a run or namespace that has not begun; refuses one that was taken away.
void ensure_database(const OwnedFiles& files, const std::string& lock_text) {
  if (is_there(files.database)) return;
  struct stat wal = {};
  const bool has_frames = ::stat(files.wal().c_str(), &wal) == 0 && wal.st_size > 0;
  if (!lock_text.empty() || has_frames) {
    throw Error(Exit::Storage, files.database.filename().string() + " of " + files.what +
                                   " is gone, though the run has begun: put it back into " +
                                   files.database.parent_path().string() + ", or remove " + files.remnants +
                                   " to start over");
  }
  create_database(files);
}

/// Of the process, as its locks are.
struct Owned {
  std::mutex mutex;
  std::set<fs::path> files;
};

Owned& owned() {
  static Owned all;
  return all;
}

}  // namespace

bool is_owned_here(const struct stat& file) {
  const std::lock_guard lock(owned().mutex);
  return std::any_of(owned().files.begin(), owned().files.end(), [&](const fs::path& path) {
    struct stat other = {};
    return ::stat(path.c_str(), &other) == 0 && is_same_file(file, other);
  });
}

/// Of the descriptor, so that it also keeps out a second Ownership in this process.
Fd take_lock(const fs::path& lock) {
  return open_locked(lock, F_OFD_SETLK);
}

Holder read_holder(const fs::path& lock) {
  const Fd file(::open(lock.c_str(), O_RDONLY | O_CLOEXEC));
  return file ? holder_from(read_all(file.get(), lock)) : Holder();
}

bool is_held(const fs::path& lock) {
  const Fd file(::open(lock.c_str(), O_RDONLY | O_CLOEXEC));
  struct flock all = {};
  all.l_type = F_WRLCK;
  all.l_whence = SEEK_SET;
  return file && ::fcntl(file.get(), F_OFD_GETLK, &all) == 0 && all.l_type != F_UNLCK;
}

std::unique_ptr<Ownership> Ownership::acquire(const RunPaths& paths, std::int64_t wait_ms, Clock& clock,
                                              const Stop& stop) {
  return acquire(journal_files(paths), wait_ms, clock, stop);
}

std::unique_ptr<Ownership> Ownership::acquire(const OwnedFiles& files, std::int64_t wait_ms, Clock& clock,
                                              const Stop& stop) {
  const std::int64_t end = clock.monotonic_ms() + wait_ms;
  for (std::int64_t pause = kFirstPauseMs;; pause = std::min(2 * pause, kLongestPauseMs)) {
    if (auto ownership = try_acquire(files, clock.now_ms())) return ownership;
    const std::int64_t left = end - clock.monotonic_ms();
    if (left <= 0 || stop.reason() != StopReason::None) return nullptr;
    clock.sleep_until(clock.now_ms() + std::min(pause, left), stop);
  }
}

std::unique_ptr<Ownership> Ownership::try_acquire(const OwnedFiles& files, std::int64_t now_ms) {
  Fd lock = take_lock(files.lock);
  if (!lock) return nullptr;
  ensure_database(files, read_all(lock.get(), files.lock));
  // Of the process: when a lease is lost, NFS answers EIO to all descriptors of the process, SQLite's too.
  Fd wal = open_locked(files.wal(), F_SETLK);
  if (!wal) return nullptr;
  write_holder(lock.get(), this_process(now_ms), files.lock);
  return std::unique_ptr<Ownership>(new Ownership(files, lock.release(), wal.release()));
}

Ownership::Ownership(const OwnedFiles& files, int lock_fd, int wal_fd)
    : files_(files), lock_fd_(lock_fd), wal_fd_(wal_fd) {
  const std::lock_guard lock(owned().mutex);
  owned().files.insert({files_.database, files_.wal()});
}

Ownership::~Ownership() {
  {
    const std::lock_guard lock(owned().mutex);
    owned().files.erase(files_.database);
    owned().files.erase(files_.wal());
  }
  ::close(wal_fd_);
  // By name of the lock, not only by closing: a child between fork and exec has the descriptor too.
  struct flock all = {};
  all.l_type = F_UNLCK;
  all.l_whence = SEEK_SET;
  ::fcntl(lock_fd_, F_OFD_SETLK, &all);
  ::close(lock_fd_);
}

}  // namespace agentd
