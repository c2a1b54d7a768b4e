#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentd {

/// The value of an environment variable, or none.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// The names between ${ and }, in order.
std::vector<std::string> variables_in(std::string_view text);

/// Replaces each ${NAME}. Throws Error(Usage) that names the task's `key` and the variable if one is not set
/// or empty.
std::string expand_variables(std::string text, const Environment& environment, const std::string& key);

/// The value without the white space around it, which often comes along when a variable is filled from a
/// file.
std::string trimmed_variable(const Environment& environment, const std::string& name);

}  // namespace agentd
