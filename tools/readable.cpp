#include "tools/readable.h"

#include <sys/stat.h>

#include <algorithm>
#include <system_error>

namespace agentd {
namespace {

namespace fs = std::filesystem;

constexpr int kMostEntries = 20'000;  // to look at; what comes after them stays closed

std::vector<fs::directory_entry> entries(const fs::path& folder) {
  std::vector<fs::directory_entry> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (std::error_code ignored; !entry->is_symlink(ignored))
      found.push_back(*entry);  // a link's target counts
  return found;
}

bool is_public(const fs::path& path) {
  struct stat file = {};
  if (::lstat(path.c_str(), &file) != 0) return false;
  const mode_t wanted = S_ISDIR(file.st_mode) ? S_IROTH | S_IXOTH : S_IROTH;
  return (file.st_mode & wanted) == wanted;
}

}  // namespace

bool is_within(const fs::path& path, const fs::path& folder) {
  const std::string& inner = path.native();
  const std::string& outer = folder.native();
  if (outer.empty() || !inner.starts_with(outer)) return false;
  return inner.size() == outer.size() || outer.back() == '/' || inner[outer.size()] == '/';
}

fs::path resolved(const fs::path& path) {
  std::error_code error;
  const fs::path found = fs::weakly_canonical(path, error);
  const fs::path normal = error ? path.lexically_normal() : found;
  return normal.has_filename() || normal == normal.root_path() ? normal : normal.parent_path();
}

void Readable::add(const fs::path& path) {
  add_resolved(resolved(path));
}

void Readable::add_resolved(const fs::path& at) {
  const auto hides = [&](const fs::path& one) { return is_within(at, one); };
  if (std::none_of(hidden_.begin(), hidden_.end(), hides)) put(at);
}

void Readable::add_named(const fs::path& path) {
  const fs::path at = resolved(path);
  if (std::find(hidden_.begin(), hidden_.end(), at) != hidden_.end())
    readable_.push_back(at.string());
  else
    put(at);
}

void Readable::put(const fs::path& path) {
  if (++looked_at_ > kMostEntries) return;
  std::error_code ignored;
  const auto holds = [&](const fs::path& one) { return is_within(path, one); };
  if (!fs::exists(path, ignored) || std::any_of(readable_.begin(), readable_.end(), holds)) return;
  if (std::find(hidden_.begin(), hidden_.end(), path) != hidden_.end()) return;
  const auto lies_inside = [&](const fs::path& one) { return is_within(one, path); };
  if (std::none_of(hidden_.begin(), hidden_.end(), lies_inside)) return readable_.push_back(path.string());
  for (const fs::directory_entry& entry : entries(path)) put(entry.path());
}

void Readable::add_public(const fs::path& folder) {
  std::vector<fs::path> found;
  const fs::path at = resolved(folder);
  if (collect_public(at, found)) return add_resolved(at);
  for (const fs::path& path : found) add_resolved(path);
  listable_.push_back(at.string());
}

/// Whether all of it is public; else what is.
bool Readable::collect_public(const fs::path& folder, std::vector<fs::path>& found) {
  bool all = true;
  std::vector<fs::path> here;
  for (const fs::directory_entry& entry : entries(folder)) {
    std::error_code ignored;
    const bool is_folder = entry.is_directory(ignored);
    std::vector<fs::path> beneath;
    if (++looked_at_ > kMostEntries || !is_public(entry.path())) {
      all = false;
    } else if (is_folder && !collect_public(entry.path(), beneath)) {
      all = false;
      here.insert(here.end(), beneath.begin(), beneath.end());
    } else {
      here.push_back(entry.path());
    }
  }
  found = std::move(here);
  return all;
}

}  // namespace agentd
