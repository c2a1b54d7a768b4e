#include "core/store/erase.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/store/files.h"
#include "core/store/ownership.h"
#include "core/text.h"

// First the run gets a name that is none of a run's, then its files go, then a line says so, then its folder
// goes: at any instant it is whole, or can only be removed, and on a full disk as well.

namespace agentd {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kLeftover = ".forgotten-";

/// What kind of thing was erased and when, for those who have to show it; nothing of what it said.
void add_tombstone(const MemoryDir& memory, const std::string& id, std::int64_t now_ms) {
  const fs::path path = memory.path() / kTombstones;
  const nlohmann::ordered_json line = {
      {"at", format_time(now_ms)}, {"kind", "run"}, {"run", memory.file_name(id)}};
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file) throw_errno("open", path, errno);
  write_all(file.get(), line.dump() + "\n", path);
  if (::fsync(file.get()) != 0) throw_errno("write", path, errno);
}

/// Tools may have left folders that not even their owner may change.
void make_removable(const fs::path& folder) {
  std::error_code ignored;
  fs::permissions(folder, fs::perms::owner_all, fs::perm_options::add, ignored);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored))
    if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) make_removable(entry.path());
}

void require(const std::error_code& failure, const fs::path& folder) {
  if (failure)
    throw Error(Exit::Storage, "cannot remove " + folder.string() + ": " + failure.message() +
                                   "; make its files removable, then run agentd gc");
}

void empty_folder(const fs::path& folder) {
  make_removable(folder);
  std::error_code failure;
  for (const std::string& name : list_folder(folder)) {
    fs::remove_all(folder / name, failure);
    require(failure, folder);
  }
}

/// The line comes when there is room for it again, and before the last sign of the run goes.
void finish(const MemoryDir& memory, const fs::path& folder, const std::string& id, std::int64_t now_ms) {
  empty_folder(folder);
  add_tombstone(memory, id, now_ms);
  std::error_code failure;
  fs::remove(folder, failure);
  require(failure, folder);
  sync_folder(folder.parent_path());
}

}  // namespace

Erased erase_run(const MemoryDir& memory, const std::string& id, std::int64_t now_ms) {
  const RunPaths paths = memory.run(id);
  const fs::path folder = memory.path() / "runs" / (std::string(kLeftover) + memory.file_name(id));
  {
    const Fd lock = take_lock(paths.lock());
    if (!lock) return Erased::Held;
    if (is_there(folder)) finish(memory, folder, id, now_ms);  // of an earlier run of that name
    if (::rename(paths.folder.c_str(), folder.c_str()) != 0) throw_errno("rename", paths.folder, errno);
    sync_folder(folder.parent_path());
  }  // a network file system keeps files that are open
  finish(memory, folder, id, now_ms);
  return Erased::Gone;
}

std::vector<std::string> finish_erasing(const MemoryDir& memory, std::int64_t now_ms) {
  std::vector<std::string> ids;
  std::exception_ptr first;
  for (const std::string& name : list_folder(memory.path() / "runs")) {
    if (!name.starts_with(kLeftover)) continue;
    const std::string file_name = name.substr(kLeftover.size());
    const std::string id = memory.name_of(file_name).value_or(file_name);
    try {
      finish(memory, memory.path() / "runs" / name, id, now_ms);
      ids.push_back(id);
    } catch (const Error&) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
  return ids;
}

std::uintmax_t size_of_run(const RunPaths& paths) {
  std::uintmax_t bytes = 0;
  std::error_code ignored;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator entry(paths.folder, options, ignored), end; entry != end;
       entry.increment(ignored))
    if (struct stat found = {}; ::lstat(entry->path().c_str(), &found) == 0 && S_ISREG(found.st_mode))
      bytes += static_cast<std::uintmax_t>(found.st_size);
  return bytes;
}

}  // namespace agentd
