#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace agentd {

/// [a-z0-9][a-z0-9._-]{0,99}
bool is_run_id(std::string_view text);

/// The files of one run, see the contract's section 6.
struct RunPaths {
  std::filesystem::path folder;
  std::filesystem::path journal() const { return folder / "journal.db"; }
  std::filesystem::path wal() const { return folder / "journal.db-wal"; }
  std::filesystem::path lock() const { return folder / "lock"; }
  std::filesystem::path inbox() const { return folder / "inbox"; }
  std::filesystem::path workspace() const { return folder / "workspace"; }
  std::filesystem::path scratch() const { return folder / "scratch"; }
  std::filesystem::path outputs() const { return folder / "outputs"; }
};

/// The memory directory. Every failure throws Error(Storage): one sentence with the path, the cause and the
/// fix.
class MemoryDir {
 public:
  /// Creates it (0700, with FORMAT) where it is missing or empty; refuses a newer FORMAT and a folder that
  /// holds other things but no FORMAT.
  static MemoryDir create(const std::filesystem::path& path);
  /// For readers: creates nothing. A directory that does not exist has no runs.
  static MemoryDir look(const std::filesystem::path& path);

  /// Throws Error(Usage) if `id` is not a run id.
  RunPaths run(const std::string& id) const;
  bool has_run(const std::string& id) const;
  /// Makes the run's folder with inbox/, outputs/ and workspace/ where they are missing.
  RunPaths make_run(const std::string& id) const;
  std::vector<std::string> run_ids() const;
  const std::filesystem::path& path() const { return path_; }
  /// Replies of models, shared by the runs.
  std::filesystem::path cache() const { return path_ / "cache.db"; }

 private:
  explicit MemoryDir(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace agentd
