#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/store/format_file.h"

namespace agentd {

/// [a-z0-9][a-z0-9._-]{0,99}
bool is_run_id(std::string_view text);

/// The files of one run, see the contract's section 6.
struct RunPaths {
  std::filesystem::path folder;
  std::string id = {};
  std::optional<DataKey> key = {};  ///< of an encrypted directory
  std::filesystem::path journal() const { return folder / "journal.db"; }
  std::filesystem::path wal() const { return folder / "journal.db-wal"; }
  std::filesystem::path lock() const { return folder / "lock"; }
  std::filesystem::path inbox() const { return folder / "inbox"; }
  std::filesystem::path workspace() const { return folder / "workspace"; }
  std::filesystem::path scratch() const { return folder / "scratch"; }
  std::filesystem::path outputs() const { return folder / "outputs"; }
  /// Another run of the same directory.
  RunPaths beside(const std::string& other) const;
};

/// Gives the user's key of an encrypted directory, which says where it was last.
using FindKey = std::function<DataKey(const EncryptionSetup& source)>;

/// The memory directory. Every failure throws Error(Storage): one sentence with the path, the cause and the
/// fix.
class MemoryDir {
 public:
  /// Creates it (0700, with FORMAT) where it is missing or empty; refuses a newer FORMAT and a folder that
  /// holds other things but no FORMAT. `wanted`: where the key is, for one that is encrypted from its
  /// beginning; one that is there must be encrypted then.
  static MemoryDir create(const std::filesystem::path& path, const FindKey& find = {},
                          const EncryptionSetup& wanted = {});
  /// Only makes the folder, which is then as good as new.
  static void make_place(const std::filesystem::path& path);
  /// For readers: creates nothing. A directory that does not exist has no runs.
  static MemoryDir look(const std::filesystem::path& path, const FindKey& find = {});
  /// As create; encrypted with another key from now on, if it is there. Both keys must be there then, each in
  /// a place of its own.
  static MemoryDir encrypt(const std::filesystem::path& path, const FindKey& find,
                           const EncryptionSetup& wanted, const DataKey& user_key);

  /// Throws Error(Usage) if `id` is not a run id.
  RunPaths run(const std::string& id) const;
  bool has_run(const std::string& id) const;
  /// Makes the run's folder with inbox/, outputs/ and workspace/ where they are missing.
  RunPaths make_run(const std::string& id) const;
  std::vector<std::string> run_ids() const;
  const std::filesystem::path& path() const { return path_; }
  const std::optional<DataKey>& key() const { return key_; }
  /// What opened it.
  const std::optional<DataKey>& user_key() const { return user_key_; }
  /// What a run or namespace is called on the disk, and back; none: nothing of this directory.
  std::string file_name(const std::string& name) const;
  std::optional<std::string> name_of(const std::string& file_name) const;
  /// Replies of models, shared by the runs.
  std::filesystem::path cache() const { return path_ / "cache.db"; }

 private:
  explicit MemoryDir(std::filesystem::path path, std::optional<DataKey> key = {},
                     std::optional<DataKey> user_key = {})
      : path_(std::move(path)), key_(std::move(key)), user_key_(std::move(user_key)) {}
  static MemoryDir opened(const std::filesystem::path& folder, const Format& format, const FindKey& find);
  std::filesystem::path path_;
  std::optional<DataKey> key_;
  std::optional<DataKey> user_key_;
};

}  // namespace agentd
