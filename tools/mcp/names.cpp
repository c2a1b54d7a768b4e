#include "tools/mcp/names.h"

#include <algorithm>

#include "core/text.h"

namespace agentd {
namespace {

constexpr std::size_t kLongest = 64;
constexpr std::size_t kHashDigits = 8;

bool is_allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::string full_name(std::string_view server, std::string_view tool) {
  return std::string(server) + "__" + std::string(tool);
}

}  // namespace

std::string model_tool_name(std::string_view server, std::string_view tool) {
  const std::string full = full_name(server, tool);
  if (full.size() <= kLongest && std::all_of(full.begin(), full.end(), is_allowed)) return full;
  return other_tool_name(server, tool);
}

std::string other_tool_name(std::string_view server, std::string_view tool) {
  std::string name = full_name(server, tool);
  const std::string hash = hash_hex(name).substr(0, kHashDigits);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !is_allowed(c); }, '_');
  return name.substr(0, kLongest - kHashDigits - 1) + '_' + hash;
}

}  // namespace agentd
