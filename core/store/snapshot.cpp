#include "core/store/snapshot.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/store/event_table.h"
#include "core/store/files.h"
#include "core/store/owned_database.h"
#include "core/store/sealed_vfs.h"
#include "core/store/sqlite_failure.h"
#include "core/store/sqlite_journal.h"

// A copy is good if no checkpoint finished, and the -wal was not begun anew, while it was made: then every
// page that was half written into journal.db is whole in the -wal, whose frames are checksummed.

namespace agentd {
namespace fs = std::filesystem;
namespace {

constexpr int kAttempts = 100;
constexpr std::size_t kWalHeaderSize = 32;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    const char* parent = std::getenv("TMPDIR");
    std::string name =
        (fs::path(parent != nullptr && *parent != 0 ? parent : "/tmp") / "agentd-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw_errno("make a temporary copy (see TMPDIR) in", name, errno);
    path_ = name;
  }
  ~TemporaryFolder() { remove(); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }
  void remove() const {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

 private:
  fs::path path_;
};

/// The files of a run, opened anew each time: that is when NFS asks the server how they stand.
struct Source {
  explicit Source(const RunPaths& paths) : journal(open_existing(paths.journal(), O_RDONLY)) {
    if (!journal) throw_errno("read", paths.journal(), errno);
    wal = open_existing(paths.wal(), O_RDONLY);
    if (!wal && errno != ENOENT) throw_errno("read", paths.wal(), errno);
  }
  Fd journal;
  Fd wal;  ///< none: the sqlite3 shell removed it
};

std::string stamp_of(const Fd& file) {
  struct stat found = {};
  if (!file || ::fstat(file.get(), &found) != 0) return "none ";
  return std::to_string(found.st_ino) + "/" + std::to_string(found.st_size) + "/" +
         std::to_string(found.st_mtim.tv_sec) + "." + std::to_string(found.st_mtim.tv_nsec) + " ";
}

/// The header's salts are new each time the -wal is begun anew.
std::string wal_header(const Fd& wal) {
  std::array<char, kWalHeaderSize> header = {};
  const ssize_t size = wal ? ::pread(wal.get(), header.data(), header.size(), 0) : 0;
  return {header.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

/// Changes with each checkpoint and each new beginning of the -wal, but not when frames are added.
std::string checkpoint_state(const RunPaths& paths) {
  const Source source(paths);
  return stamp_of(source.journal) + wal_header(source.wal);
}

void copy_file(const Fd& from, const fs::path& to) {
  const Fd target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!target) throw_errno("write", to, errno);
  constexpr std::size_t kMost = 1 << 30;
  ssize_t count = 1;
  while (from && count > 0) {
    count = ::sendfile(target.get(), from.get(), nullptr, kMost);
    if (count < 0) throw_errno("copy a journal to", to, errno);
  }
}

/// False if it must be made again.
bool make_copy(const RunPaths& from, const RunPaths& to) {
  const std::string before = checkpoint_state(from);
  const Source source(from);
  check_sealed(from.journal(), source.journal.get(), from.key);
  copy_file(source.journal, to.journal());
  copy_file(source.wal, to.wal());
  return checkpoint_state(from) == before;
}

using Read = std::function<void(SQLite::Database&)>;

/// None: it is damaged, unless the copy caught a frame that was being written. `is_sure`: then it throws.
std::optional<SQLite::Database> open_copy(const TemporaryFolder& folder, const OwnedFiles& files,
                                          bool is_sure) try {
  SQLite::Database copy = open_file(RunPaths{folder.path()}.journal(), files.key);
  sqlite3_db_config(copy.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  copy.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-256; PRAGMA temp_store=MEMORY");
  check_identity(copy, files.database, kEventProbe);
  return copy;
} catch (const SQLite::Exception& failure) {
  if (!is_sure && failure.getErrorCode() == SQLITE_CORRUPT) return std::nullopt;
  throw_error(failure, 0, files.database);
}

void copy_and_read(const RunPaths& paths, const Read& read) {
  const OwnedFiles files = journal_files(paths);
  bool is_sure = false;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const TemporaryFolder folder;
    if (!make_copy(paths, {folder.path()})) continue;
    auto copy = open_copy(folder, files, std::exchange(is_sure, true));
    if (!copy) continue;
    folder.remove();  // both files are open now: a reader that is killed leaves nothing behind
    try {
      return read(*copy);
    } catch (const SQLite::Exception& failure) {
      throw_error(failure, 0, files.database);
    }
  }
  throw Error(Exit::Storage,
              paths.journal().string() + " changes faster than it can be copied: try again later");
}

/// File times are coarse: within one tick of the clock they do not tell two writes apart.
bool is_settled(const Fd& file) {
  using std::chrono::seconds, std::chrono::system_clock;
  struct stat found = {};
  if (!file || ::fstat(file.get(), &found) != 0) return true;
  return system_clock::now() - system_clock::from_time_t(found.st_mtim.tv_sec) > seconds(2);
}

}  // namespace

void read_snapshot(const RunPaths& paths, std::int64_t since, const std::function<void(Record)>& each) {
  copy_and_read(paths, [&](SQLite::Database& copy) { read_events(copy, paths.journal(), since, each); });
}

std::optional<Record> read_last_record(const RunPaths& paths) {
  std::optional<Record> last;
  copy_and_read(paths, [&](SQLite::Database& copy) { last = read_last_event(copy, paths.journal()); });
  return last;
}

std::string snapshot_version(const RunPaths& paths) {
  const Source source(paths);
  std::string version = stamp_of(source.journal) + stamp_of(source.wal) + wal_header(source.wal);
  if (!is_settled(source.wal))
    version += std::to_string(std::chrono::steady_clock::now().time_since_epoch().count());
  return version;
}

}  // namespace agentd
