#include "core/store/memory_dir.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "core/error.h"
#include "core/store/files.h"

namespace agentd {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kFormatPrefix = "agentd memory ";
constexpr int kFormat = 1;

/// False if it was there already.
bool make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) return true;
  if (errno != EEXIST) throw_errno("make the folder", folder, errno);
  return false;
}

void make_folders(const fs::path& folder) {
  if (fs::path parent = folder.parent_path(); parent != folder && !is_there(parent)) make_folders(parent);
  if (make_folder(folder)) sync_folder(folder.parent_path());
}

[[noreturn]] void refuse(const fs::path& folder, const std::string& why) {
  throw Error(Exit::Storage, folder.string() + " " + why);
}

/// False where there is no FORMAT; throws where there is one that is not ours.
bool check_format(const fs::path& folder) {
  const fs::path path = folder / "FORMAT";
  const Fd file = open_existing(path, O_RDONLY);
  if (!file && errno == ENOENT) return false;
  if (!file) throw_errno("read", path, errno);
  const std::string text = read_all(file.get(), path);
  int format = 0;
  if (text.starts_with(kFormatPrefix)) {
    std::from_chars(text.data() + kFormatPrefix.size(), text.data() + text.size(), format);
  }
  if (format > kFormat) {
    refuse(folder, "was written by a newer agentd (format " + std::to_string(format) + ", this one knows " +
                       std::to_string(kFormat) + "): update agentd");
  }
  if (format != kFormat)
    refuse(folder, "has a FORMAT file that is not agentd's: choose another --memory DIR");
  return true;
}

/// So that a mistyped DIR never scribbles into somebody's home.
void require_empty(const fs::path& folder) {
  for (const std::string& name : list_folder(folder)) {
    // Another agentd may be creating it right now.
    if (name == "lost+found" || name.starts_with(".FORMAT.")) continue;
    if (check_format(folder)) return;
    refuse(folder,
           "is not empty (" + name + ") and no memory directory of agentd: choose another --memory DIR");
  }
}

void require_folder(const fs::path& path) {
  struct stat found = {};
  if (::stat(path.c_str(), &found) != 0) throw_errno("look at", path, errno);
  if (!S_ISDIR(found.st_mode)) refuse(path, "is a file, not a folder: choose another --memory DIR");
}

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

MemoryDir MemoryDir::create(const fs::path& path) {
  const fs::path folder = whole_path(path);
  make_folders(folder);
  require_folder(folder);
  if (check_format(folder)) return MemoryDir(folder);
  require_empty(folder);
  publish(folder / "FORMAT", std::string(kFormatPrefix) + std::to_string(kFormat) + "\n");
  make_folder(folder / "runs");
  sync_folder(folder);
  return MemoryDir(folder);
}

MemoryDir MemoryDir::look(const fs::path& path) {
  const fs::path folder = whole_path(path);
  if (is_there(folder)) {
    require_folder(folder);
    if (!check_format(folder)) require_empty(folder);
  }
  return MemoryDir(folder);
}

RunPaths MemoryDir::run(const std::string& id) const {
  if (!is_run_id(id)) {
    throw Error(Exit::Usage, "'" + id + "' is not a run id: use up to 100 of a-z, 0-9, '.', '_', '-', " +
                                 "beginning with a letter or digit");
  }
  return {path_ / "runs" / id};
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
  std::vector<std::string> ids = list_folder(path_ / "runs");
  std::erase_if(ids, [&](const std::string& name) { return !is_run_id(name) || !has_run(name); });
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace agentd
