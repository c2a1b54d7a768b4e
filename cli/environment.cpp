#include "cli/environment.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace agentd {

std::optional<std::string> variable_of_process(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

std::map<std::string, std::string> whole_environment() {
  std::map<std::string, std::string> whole;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    if (const std::size_t equals = variable.find('='); equals != std::string_view::npos)
      whole.emplace(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return whole;
}

std::optional<std::string> text_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace agentd
