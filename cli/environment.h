#pragma once

#include <optional>
#include <string>

namespace agentd {

/// A variable of this process.
std::optional<std::string> variable_of_process(const std::string& name);

/// None for a file that is missing or cannot be read.
std::optional<std::string> text_of_file(const std::string& path);

}  // namespace agentd
