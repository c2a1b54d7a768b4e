#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/message.h"
#include "core/task.h"

namespace agentd {

enum class Permission { Allow, Ask, Deny };

/// What the rules say of a call: the first that fits decides, and what none fits is allowed.
///
/// A pattern names tools (`fs__*`) and, in parentheses, what their first required argument (or their first,
/// where none is required) must look like (`write_file(/etc/*)`), or another one by its name
/// (`fetch(method=POST)`); * stands for any characters, ? for one. In an argument named `command` each part
/// of a pipe or list is looked at by itself; in one named `path` or `url` every way to write it counts, and
/// relative paths begin in the workspace. There, `deny` and `ask` fit if any part does, `allow` only if
/// nothing else can hide behind what fits.
Permission permission_for(const Task& task, const ToolSpec& tool, std::string_view arguments);

/// What the rules say of every call of the tool; none: that depends on its arguments.
std::optional<Permission> permission_for_all(const std::vector<PermissionRule>& rules, std::string_view tool);

/// Whether no call of the tool can ever be allowed.
bool is_denied(const std::vector<PermissionRule>& rules, std::string_view tool);

bool is_permission_pattern(std::string_view text);

}  // namespace agentd
