#include "core/store/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "core/error.h"

namespace agentd {
namespace fs = std::filesystem;
namespace {

constexpr mode_t kFileMode = 0600;

std::string fix_for(int error) {
  switch (error) {
    case EROFS:
      return "its file system is read-only: choose a writable --memory DIR";
    case EACCES:
    case EPERM:
      return "give this user access to it, or choose another --memory DIR";
    case ENOTDIR:
      return "a part of that path is a file: choose another --memory DIR";
    case ENOENT:
      return "it was removed or never made: check --memory DIR";
    case ENOLCK:
    case EOPNOTSUPP:
      return "its file system must support locks: mount it with them, or choose another --memory DIR";
    default:
      return "check its file system, then run again";
  }
}

std::string mount_point(fs::path path) {
  struct stat here = {}, above = {};
  while (path.has_relative_path() && ::stat(path.c_str(), &here) == 0 &&
         ::stat(path.parent_path().c_str(), &above) == 0 && here.st_dev == above.st_dev) {
    path = path.parent_path();
  }
  return path.string();
}

bool is_listed(const fs::path& path) {
  const std::vector<std::string> names = list_folder(path.parent_path());
  return std::find(names.begin(), names.end(), path.filename().string()) != names.end();
}

/// A file that is removed again unless it got another name.
struct Temporary {
  explicit Temporary(const fs::path& target)
      : name((target.parent_path() / std::string(".").append(target.filename().string()).append(".XXXXXX"))
                 .string()),
        fd(::mkostemp(name.data(), O_CLOEXEC)) {
    if (!fd) throw_errno("write", target, errno);
  }
  ~Temporary() { ::unlink(name.c_str()); }
  void hold(std::string_view bytes, const fs::path& target) const {
    write_all(fd.get(), bytes, target);
    if (::fsync(fd.get()) != 0) throw_errno("write", target, errno);
  }
  std::string name;
  Fd fd;
};

bool put(const fs::path& path, std::string_view bytes) {
  const Temporary temporary(path);
  temporary.hold(bytes, path);
  if (::link(temporary.name.c_str(), path.c_str()) == 0) return true;
  if (errno == EEXIST) return false;
  // A file system without hard links.
  if (::rename(temporary.name.c_str(), path.c_str()) != 0) throw_errno("write", path, errno);
  return true;
}

}  // namespace

void throw_errno(std::string_view doing, const fs::path& path, int error) {
  if (is_full(error)) throw Error(Exit::Storage, full_sentence(path));
  throw Error(Exit::Storage, "cannot " + std::string(doing) + " " + path.string() + ": " +
                                 std::generic_category().message(error) + "; " + fix_for(error));
}

bool is_full(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

std::string full_sentence(const fs::path& path) {
  return "no room for " + path.string() + ": the file system at " + mount_point(path.parent_path()) +
         " (or this user's quota) is full; what was committed is kept: make room, then run the same command "
         "again";
}

std::vector<std::string> list_folder(const fs::path& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(folder.c_str()), ::closedir);
  if (!stream && errno == ENOENT) return {};
  if (!stream) throw_errno("list", folder, errno);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0) throw_errno("list", folder, errno);
    if (entry == nullptr) return names;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
}

bool is_there(const fs::path& path) {
  struct stat found = {};
  if (::stat(path.c_str(), &found) == 0) return true;
  if (errno == ENOTDIR) return false;
  if (errno != ENOENT) throw_errno("look at", path, errno);
  return is_listed(path);
}

Fd open_existing(const fs::path& path, int flags) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (fd || errno != ENOENT) return fd;
  // With O_CREAT the client asks the server instead of its memory.
  if (is_listed(path)) return Fd(::open(path.c_str(), flags | O_CLOEXEC | O_CREAT, kFileMode));
  errno = ENOENT;
  return fd;
}

bool is_same_file(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

std::string read_all(int fd, const fs::path& path) {
  std::string text;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = ::read(fd, buffer, sizeof buffer)) != 0) {
    if (count < 0 && errno != EINTR) throw_errno("read", path, errno);
    if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

void write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) throw_errno("write", path, errno);
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) return true;
  if (errno != EEXIST) throw_errno("make the folder", folder, errno);
  return false;
}

void sync_folder(const fs::path& folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // EINVAL: a file system whose names are durable without it.
  if (!fd || (::fsync(fd.get()) != 0 && errno != EINVAL)) throw_errno("make durable", folder, errno);
}

bool publish(const fs::path& path, std::string_view bytes) {
  if (!put(path, bytes)) return false;
  sync_folder(path.parent_path());
  return true;
}

void replace(const fs::path& path, std::string_view bytes) {
  const Temporary temporary(path);
  temporary.hold(bytes, path);
  if (::rename(temporary.name.c_str(), path.c_str()) != 0) throw_errno("write", path, errno);
  sync_folder(path.parent_path());
}

}  // namespace agentd
