#pragma once

#include <map>
#include <optional>
#include <string>

namespace agentd {

/// A variable of this process.
std::optional<std::string> variable_of_process(const std::string& name);

/// All of them.
std::map<std::string, std::string> whole_environment();

/// None for a file that is missing or cannot be read.
std::optional<std::string> text_of_file(const std::string& path);

}  // namespace agentd
