#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace agentd {

/// Whether `path` is `folder` or lies beneath it, by name alone.
bool is_within(const std::filesystem::path& path, const std::filesystem::path& folder);

/// With links resolved as far as the path is there.
std::filesystem::path resolved(const std::filesystem::path& path);

/// Collects what may be read. Rules can only allow: where something is to be left out of a folder, they name
/// the other entries one by one.
class Readable {
 public:
  explicit Readable(std::vector<std::filesystem::path> hidden) : hidden_(std::move(hidden)) {}

  /// All of it but what is hidden; nothing if it lies in what is hidden.
  void add(const std::filesystem::path& path);
  /// The same for what a person named: also out of what is hidden.
  void add_named(const std::filesystem::path& path);
  /// What every user may read of it.
  void add_public(const std::filesystem::path& folder);

  std::vector<std::string> take_readable() { return std::move(readable_); }
  std::vector<std::string> take_listable() { return std::move(listable_); }

 private:
  void add_resolved(const std::filesystem::path& path);
  void put(const std::filesystem::path& path);
  bool collect_public(const std::filesystem::path& folder, std::vector<std::filesystem::path>& found);

  std::vector<std::filesystem::path> hidden_;
  std::vector<std::string> readable_;
  std::vector<std::string> listable_;
  int looked_at_ = 0;
};

}  // namespace agentd
