#include "tools/workspace.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <system_error>

#include "core/text.h"
#include "tools/answers.h"

namespace agentd {
namespace {

constexpr int kRead = O_RDONLY | O_NONBLOCK | O_NOCTTY;
constexpr int kFolder = O_RDONLY | O_DIRECTORY;
constexpr int kMostLinks = 16;

std::string reason(int error) {
  return std::generic_category().message(error);
}

/// "a/b" → "a" and "b".
std::pair<std::string, std::string> split(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t wrote = ::write(fd, content.data(), content.size());
    if (wrote < 0 && errno != EINTR) return false;
    if (wrote > 0) content.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return ::fsync(fd) == 0;
}

/// Like the file it replaces, as far as we may; the owner first: changing it clears bits of the mode.
bool fill_file(int fd, std::string_view content, const struct stat* old) {
  if (old != nullptr) {
    if (::fchown(fd, old->st_uid, old->st_gid) != 0 && errno != EPERM) return false;
    if (::fchmod(fd, old->st_mode & 07777) != 0) return false;
  }
  return write_all(fd, content);
}

std::string guarded_problem(const std::string& path) {
  return fill(sentence("path_unusable"), {{"path", path}, {"why", sentence("journal_guarded")}});
}

}  // namespace

std::string path_problem(const std::string& path, int error) {
  if (error == EXDEV || error == ELOOP) return fill(sentence("path_outside"), {{"path", path}});
  if (error == ENOENT) return fill(sentence("path_missing"), {{"path", path}});
  return fill(sentence("path_unusable"), {{"path", path}, {"why", reason(error)}});
}

Workspace::Workspace(const std::filesystem::path& root, Resolve resolve)
    : root_path_(root.lexically_normal().string()), resolve_(resolve) {
  while (root_path_.ends_with('/')) root_path_.pop_back();
  root_ = Fd(::open((root_path_ + "/").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root_) problem_ = fill(sentence("workspace_unusable"), {{"why", root_path_ + ": " + reason(errno)}});
}

bool Workspace::is_guarded(const struct stat& file) const {
  return guarded_ != nullptr && guarded_(file);
}

std::string Workspace::relative(const std::string& path) const {
  std::string rest = path;
  if (path == root_path_ || path.starts_with(root_path_ + "/")) {
    rest.erase(0, root_path_.size());
    rest.erase(0, rest.find_first_not_of('/'));
  }
  while (rest.starts_with("./")) rest.erase(0, rest.find_first_not_of('/', 1));
  while (rest.ends_with('/') && rest.size() > 1) rest.pop_back();
  return rest.empty() ? "." : rest;
}

Fd Workspace::open(const std::string& path, int flags) const {
  if (path.find('\0') != std::string::npos) return errno = EINVAL, Fd();
  if (resolve_ == Resolve::ByHand) return walk(path, flags);
  struct open_how how = {};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 0;; ++attempt) {
    const long fd = ::syscall(SYS_openat2, root_.get(), path.c_str(), &how, sizeof how);
    if (fd >= 0) return Fd(static_cast<int>(fd));
    if (errno == ENOSYS || errno == EPERM)
      return walk(path, flags);                          // EPERM: a container that does not know it
    if (errno != EAGAIN || attempt == 100) return Fd();  // EAGAIN: something was renamed meanwhile
  }
}

Fd Workspace::walk(const std::string& path, int flags) const {
  if (path.starts_with('/')) return errno = EXDEV, Fd();
  Fd at(::fcntl(root_.get(), F_DUPFD_CLOEXEC, 3));
  std::string_view rest = path;
  for (;;) {
    const std::size_t slash = rest.find('/');
    const std::string name(rest.substr(0, slash));
    const bool last = slash == std::string_view::npos;
    if (name == "..") return errno = EXDEV, Fd();
    const int how = last ? flags : O_PATH | O_DIRECTORY;
    const char* target = name.empty() ? "." : name.c_str();
    Fd next(::openat(at.get(), target, how | O_NOFOLLOW | O_CLOEXEC));
    if (!next && errno == ENOTDIR) {  // a link, where a folder was asked for: say what it is
      struct stat entry = {};
      const bool is_link =
          ::fstatat(at.get(), target, &entry, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(entry.st_mode);
      errno = is_link ? ELOOP : ENOTDIR;
    }
    if (!next || last) return next;
    at = std::move(next);
    rest.remove_prefix(slash + 1);
  }
}

Opened Workspace::open_typed(const std::string& path, int flags) const {
  if (!problem_.empty()) return {Fd(), problem_};
  Fd fd = open(relative(path), flags);
  if (!fd && errno == ENOTDIR && (flags & O_DIRECTORY) != 0) {
    return {Fd(), fill(sentence("path_not_folder"), {{"path", path}})};
  }
  if (!fd) return {Fd(), path_problem(path, errno)};
  return {std::move(fd), ""};
}

Opened Workspace::open_file(const std::string& path) const {
  struct stat file = {};
  // A descriptor that only names the file: to close that one drops no locks.
  if (const Fd name = open(relative(path), O_PATH);
      name && ::fstat(name.get(), &file) == 0 && is_guarded(file))
    return {Fd(), guarded_problem(path)};
  Opened opened = open_typed(path, kRead);
  if (opened.fd && (::fstat(opened.fd.get(), &file) != 0 || !S_ISREG(file.st_mode))) {
    return {Fd(), fill(sentence("path_not_file"), {{"path", path}})};
  }
  return opened;
}

Opened Workspace::open_folder(const std::string& path) const {
  return open_typed(path, kFolder);
}

/// Opens a folder and makes what is missing of it, each level in the one above, which is held open.
Fd Workspace::open_made(const std::string& path) const {
  Fd folder = open(path, kFolder);
  if (folder || errno != ENOENT || path == ".") return folder;
  const auto [above, name] = split(path);
  const Fd parent = open_made(above);
  if (!parent) return Fd();
  if (!name.empty() && ::mkdirat(parent.get(), name.c_str(), 0777) != 0 && errno != EEXIST) return Fd();
  ::fsync(parent.get());
  return open(path, kFolder);
}

/// The folder and name where the file itself is, or will be, once links have been followed.
Workspace::Place Workspace::find_place(std::string path) const {
  const std::string asked = path;
  if (path.find('\0') != std::string::npos) return {Fd(), "", path_problem(asked, EINVAL)};
  for (int links = 0; links < kMostLinks; ++links) {
    const auto [above, name] = split(relative(path));
    if (name.empty() || name == "." || name == "..") {
      return {Fd(), "", fill(sentence("path_not_file"), {{"path", asked}})};
    }
    Fd folder = open_made(above.empty() ? "/" : above);
    if (!folder) return {Fd(), "", path_problem(asked, errno)};
    std::array<char, PATH_MAX> target;
    const ssize_t length = ::readlinkat(folder.get(), name.c_str(), target.data(), target.size());
    if (length < 0) return {std::move(folder), name, ""};
    const std::string_view link(target.data(), static_cast<std::size_t>(length));
    path = link.starts_with('/') ? std::string(link) : above + "/" + std::string(link);
  }
  return {Fd(), "", path_problem(asked, ELOOP)};
}

std::string Workspace::replace_file(const std::string& path, std::string_view content,
                                    std::string_view tag) const {
  if (!problem_.empty()) return problem_;
  const Place place = find_place(path);
  if (!place.folder) return place.problem;
  const int folder = place.folder.get();
  struct stat old = {};
  const bool replaces = ::fstatat(folder, place.name.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0;
  if (replaces && !S_ISREG(old.st_mode)) return fill(sentence("path_not_file"), {{"path", path}});
  if (replaces && is_guarded(old)) return guarded_problem(path);
  if (replaces && ::faccessat(folder, place.name.c_str(), W_OK, AT_EACCESS) != 0)
    return path_problem(path, errno);

  const std::string temporary = ".agentd-" + hash_hex(tag) + ".tmp";
  ::unlinkat(folder, temporary.c_str(), 0);
  const Fd file(
      ::openat(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!file) return path_problem(path, errno);
  if (!fill_file(file.get(), content, replaces ? &old : nullptr) ||
      ::renameat(folder, temporary.c_str(), folder, place.name.c_str()) != 0) {
    const int error = errno;
    ::unlinkat(folder, temporary.c_str(), 0);
    return path_problem(path, error);
  }
  ::fsync(folder);
  return "";
}

}  // namespace agentd
