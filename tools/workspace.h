#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "core/fd.h"

namespace agentd {

using FileTest = bool (*)(const struct stat& file);

/// A file or folder that could be opened, or why not, for the model to read.
struct Opened {
  Fd fd;
  std::string problem;
};

/// What an error number of a system call means for the model.
std::string path_problem(const std::string& path, int error);

/// All that is opened or written through it lies beneath one folder, whatever names, links and races lead
/// there. An absolute path into the folder is as good as a relative one. Nothing waits for a FIFO.
class Workspace {
 public:
  enum class Resolve { ByKernel, ByHand };  ///< ByHand, for kernels without openat2, follows no symbolic link

  explicit Workspace(const std::filesystem::path& root, Resolve resolve = Resolve::ByKernel);
  /// A file that is guarded is neither opened nor replaced, whatever its name; null: none is.
  Workspace(const std::filesystem::path& root, FileTest guarded) : Workspace(root) { guarded_ = guarded; }

  /// A regular file, for reading.
  Opened open_file(const std::string& path) const;
  Opened open_folder(const std::string& path) const;
  /// Puts a whole file in place at once and durably: readers see the old one or the new one. Makes missing
  /// folders; keeps the mode of a file that is there. `tag` makes the temporary name: the same for every
  /// attempt at one call. Returns what went wrong, or nothing.
  std::string replace_file(const std::string& path, std::string_view content, std::string_view tag) const;
  /// As the model should write it: relative to the folder.
  std::string relative(const std::string& path) const;

 private:
  struct Place {
    Fd folder;
    std::string name;
    std::string problem;
  };

  Fd open(const std::string& path, int flags) const;
  Fd walk(const std::string& path, int flags) const;
  Fd open_made(const std::string& path) const;
  Place find_place(std::string path) const;
  Opened open_typed(const std::string& path, int flags) const;
  bool is_guarded(const struct stat& file) const;

  std::string root_path_;
  FileTest guarded_ = nullptr;
  Resolve resolve_;
  Fd root_;
  std::string problem_;
};

}  // namespace agentd
