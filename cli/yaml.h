#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/task_json.h"

namespace agentd {

/// A YAML file as JSON, and where in the file each member stands.
struct YamlDocument {
  /// From 1, as editors count.
  struct Position {
    int line = 1;
    int column = 1;
    auto operator<=>(const Position&) const = default;
  };

  std::string file;
  std::string json;
  std::map<std::string, Position, std::less<>>
      positions;  ///< by JSON pointer: of the key, or of the list's item

  /// Throws Error(Usage) with a line FILE:LINE:COL: MESSAGE for each problem, in the order of the file;
  /// returns if there are none. A pointer to nothing means what would hold it.
  void refuse(const std::vector<Problem>& problems) const;
};

/// YAML 1.2 with the types of JSON: plain true, false, null and numbers as JSON writes them; all else is
/// text. Throws Error(Usage) with FILE:LINE:COL for bad syntax, keys that stand twice, and documents out of
/// all measure.
YamlDocument parse_yaml(std::string_view text, const std::string& file);

/// The whole of a text file of at most 1 MB. Throws Error(Usage).
std::string read_text_file(const std::filesystem::path& path);

}  // namespace agentd
