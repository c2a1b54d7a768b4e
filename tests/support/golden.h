#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace agentd {

/// What the golden file holds. AGENTD_REWRITE_GOLDEN=1 writes `actual` there first: look at the difference in
/// git.
inline std::string golden(const std::string& name, const std::string& actual) {
  const std::filesystem::path path = std::filesystem::path(AGENTD_SOURCE_DIR) / "tests/golden" / name;
  if (std::getenv("AGENTD_REWRITE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << actual;
  }
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace agentd
