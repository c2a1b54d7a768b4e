#include "tools/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace agentd {
namespace {

constexpr std::size_t kDeepest = 64;  // each level holds a descriptor

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

Folder open_folder(int parent, const char* name) {
  const int fd = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  Folder folder(fd < 0 ? nullptr : ::fdopendir(fd));
  if (!folder && fd >= 0) ::close(fd);
  return folder;
}

std::vector<std::string> names_in(DIR* folder) {
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Entry::Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return Entry::Kind::File;
  if (S_ISDIR(mode)) return Entry::Kind::Folder;
  return S_ISLNK(mode) ? Entry::Kind::Link : Entry::Kind::Other;
}

class Walk {
 public:
  explicit Walk(const std::function<Step(const Entry&)>& visit) : visit_(visit) {}

  /// False: the visitor wants no more.
  bool visit_all(int parent, const char* name, const std::string& prefix, std::size_t depth = 0) {
    const Folder folder = depth < kDeepest ? open_folder(parent, name) : nullptr;
    if (!folder) {
      ++unreadable_;
      return true;
    }
    const int fd = ::dirfd(folder.get());
    for (std::string& entry_name : names_in(folder.get())) {
      struct stat status = {};
      if (::fstatat(fd, entry_name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;  // gone meanwhile
      const Entry entry{prefix + entry_name, std::move(entry_name), kind_of(status.st_mode), status.st_size,
                        fd};
      const Step step = visit_(entry);
      if (step == Step::Stop) return false;
      if (step == Step::Over || entry.kind != Entry::Kind::Folder) continue;
      if (!visit_all(fd, entry.name.c_str(), entry.path + "/", depth + 1)) return false;
    }
    return true;
  }
  std::size_t unreadable() const { return unreadable_; }

 private:
  const std::function<Step(const Entry&)>& visit_;
  std::size_t unreadable_ = 0;
};

}  // namespace

std::size_t walk(const Fd& folder, const std::function<Step(const Entry&)>& visit) {
  Walk all(visit);
  all.visit_all(folder.get(), ".", "");
  return all.unreadable();
}

}  // namespace agentd
