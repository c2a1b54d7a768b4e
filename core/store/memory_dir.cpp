#include "core/store/memory_dir.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "core/error.h"
#include "core/store/files.h"
#include "core/store/ownership.h"

namespace agentd {
namespace fs = std::filesystem;
namespace {

void make_folders(const fs::path& folder) {
  if (fs::path parent = folder.parent_path(); parent != folder && !is_there(parent)) make_folders(parent);
  if (make_folder(folder)) sync_folder(folder.parent_path());
}

[[noreturn]] void refuse(const fs::path& folder, const std::string& why) {
  throw Error(Exit::Storage, folder.string() + " " + why);
}

/// So that a mistyped DIR never scribbles into somebody's home.
void require_empty(const fs::path& folder) {
  for (const std::string& name : list_folder(folder)) {
    // Another agentd may be creating it right now.
    if (name == "lost+found" || name.starts_with(".FORMAT.")) continue;
    if (read_format(folder)) return;
    refuse(folder,
           "is not empty (" + name + ") and no memory directory of agentd: choose another --memory DIR");
  }
}

void require_folder(const fs::path& path) {
  struct stat found = {};
  if (::stat(path.c_str(), &found) != 0) throw_errno("look at", path, errno);
  if (!S_ISDIR(found.st_mode)) refuse(path, "is a file, not a folder: choose another --memory DIR");
}

/// So that nothing is written in plain sight where all else is encrypted. The first names tell: where one is
/// a key's, all are.
void require_plain(const fs::path& folder) {
  constexpr int kLooked = 20;
  std::error_code missing;
  for (const char* part : {"runs", "memory"}) {
    int looked = 0;
    for (fs::directory_iterator entry(folder / part, missing), end; entry != end && looked < kLooked;
         ++looked) {
      const std::string name = entry->path().stem().string();
      if (DataKey::is_file_name(name) && !is_run_id(name))
        refuse(folder,
               "holds what is encrypted (" + (fs::path(part) / name).string() +
                   "), and its FORMAT is that of one which is not: put back the FORMAT that was there");
      entry.increment(missing);
      if (missing) break;
    }
  }
}

/// Two that make a directory at once must not each take it for theirs, also where publish has no hard links
/// and would replace: the other's key would be lost.
class FormatLock {
 public:
  explicit FormatLock(const fs::path& folder) : path_(folder / ".FORMAT.lock"), fd_(take_lock(path_)) {
    for (int attempt = 0; !fd_ && attempt < kAttempts; ++attempt) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      fd_ = take_lock(path_);
    }
    if (!fd_) refuse(folder, "is being made by another agentd: try again");
  }
  ~FormatLock() { ::unlink(path_.c_str()); }
  FormatLock(const FormatLock&) = delete;
  FormatLock& operator=(const FormatLock&) = delete;

 private:
  static constexpr int kAttempts = 500;
  fs::path path_;
  Fd fd_;
};

fs::path whole_path(const fs::path& path) {
  if (path.empty())
    throw Error(Exit::Usage, "no memory directory is named: use --memory DIR or set AGENTD_MEMORY");
  fs::path whole = fs::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

}  // namespace

bool is_run_id(std::string_view text) {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto is_part = [&](char c) { return is_word(c) || c == '.' || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= 100 && is_word(text.front()) &&
         std::all_of(text.begin(), text.end(), is_part);
}

void MemoryDir::make_place(const fs::path& path) {
  const fs::path folder = whole_path(path);
  make_folders(folder);
  require_folder(folder);
}

MemoryDir MemoryDir::create(const fs::path& path, const FindKey& find, const EncryptionSetup& wanted) {
  const bool is_wanted = wanted != EncryptionSetup();
  const auto user_key = is_wanted ? std::optional(find(wanted)) : std::nullopt;
  make_place(path);
  const fs::path folder = whole_path(path);
  auto format = read_format(folder);
  if (!format) {
    const FormatLock lock(folder);
    require_empty(folder);
    Format first;
    if (is_wanted) first.encryption = encryption_of(DataKey::random(), *user_key, wanted);
    // An older agentd takes no lock.
    const bool is_mine = !read_format(folder) && publish(folder / "FORMAT", to_text(first));
    format = is_mine ? first : read_format(folder);
    make_folder(folder / "runs");
    sync_folder(folder);
  }
  if (is_wanted && !format->encryption)
    refuse(folder,
           "is not encrypted, as the task wants it: choose another --memory DIR, which is encrypted "
           "from its beginning");
  return opened(folder, *format, user_key ? FindKey([&](const auto&) { return *user_key; }) : find);
}

MemoryDir MemoryDir::look(const fs::path& path, const FindKey& find) {
  const fs::path folder = whole_path(path);
  if (!is_there(folder)) return MemoryDir(folder);
  require_folder(folder);
  const auto format = read_format(folder);
  if (!format) require_empty(folder);
  return opened(folder, format.value_or(Format{}), find);
}

MemoryDir MemoryDir::encrypt(const fs::path& path, const FindKey& find, const EncryptionSetup& wanted,
                             const DataKey& user_key) {
  const fs::path folder = whole_path(path);
  const auto format = is_there(folder) ? read_format(folder) : std::nullopt;
  if (!format)
    return create(
        path, [&](const auto&) { return user_key; }, wanted);
  if (const auto& old = format->encryption; old && old->source == wanted && old->key_id != user_key.id())
    throw Error(Exit::Usage, folder.string() + " is encrypted with the key " + old->key_id +
                                 ", which has to open it for the last time: leave that one where it was, and "
                                 "put the new one into another variable or file");
  MemoryDir memory = look(path, find);
  if (!memory.key_)
    refuse(folder, "is not encrypted, and has been written to: let --into NEW make an encrypted copy of it");
  replace(folder / "FORMAT", to_text({encryption_of(*memory.key_, user_key, wanted)}));
  return memory;
}

MemoryDir MemoryDir::opened(const fs::path& folder, const Format& format, const FindKey& find) {
  if (!format.encryption) {
    require_plain(folder);
    return MemoryDir(folder);
  }
  if (!find) refuse(folder, "is encrypted: give its key");
  const DataKey user_key = find(format.encryption->source);
  const auto data_key = data_key_of(*format.encryption, user_key);
  if (!data_key)
    throw Error(Exit::Usage, folder.string() + " is encrypted with the key " + format.encryption->key_id +
                                 ", and this is the key " + user_key.id() + ": give the other one");
  return MemoryDir(folder, data_key, user_key);
}

RunPaths RunPaths::beside(const std::string& other) const {
  return {folder.parent_path() / (key ? key->file_name(other) : other), other, key};
}

std::string MemoryDir::file_name(const std::string& name) const {
  return key_ ? key_->file_name(name) : name;
}

std::optional<std::string> MemoryDir::name_of(const std::string& file_name) const {
  if (key_) return key_->name_of(file_name);
  return is_run_id(file_name) ? std::optional(file_name) : std::nullopt;
}

RunPaths MemoryDir::run(const std::string& id) const {
  if (!is_run_id(id)) {
    throw Error(Exit::Usage, "'" + id + "' is not a run id: use up to 100 of a-z, 0-9, '.', '_', '-', " +
                                 "beginning with a letter or digit");
  }
  return {path_ / "runs" / file_name(id), id, key_};
}

bool MemoryDir::has_run(const std::string& id) const {
  // A run that lost its journal still is one: its next owner says so.
  const RunPaths paths = run(id);
  std::error_code missing;
  return is_there(paths.journal()) || (fs::file_size(paths.lock(), missing) > 0 && !missing);
}

RunPaths MemoryDir::make_run(const std::string& id) const {
  const RunPaths paths = run(id);
  for (const fs::path& folder :
       {path_ / "runs", paths.folder, paths.inbox(), paths.workspace(), paths.outputs()}) {
    make_folder(folder);
  }
  return paths;
}

std::vector<std::string> MemoryDir::run_ids() const {
  std::vector<std::string> ids;
  for (const std::string& file : list_folder(path_ / "runs"))
    if (const auto id = name_of(file); id && has_run(*id)) ids.push_back(*id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace agentd
