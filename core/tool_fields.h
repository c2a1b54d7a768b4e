#pragma once

#include "core/fields.h"

namespace agentd {

/// The forms of task.yaml that say what an agent can do, and what it may.

/// A built-in tool by its name, one with settings ({shell: {timeout: 60s}}), or one of the task's own
/// ({exec: {name: …}}).
struct ToolList {
  bool read(const Json& json, std::vector<ToolSetup>& tools, const Place& place) const;
  void write(const std::vector<ToolSetup>& tools, Json& json) const;
  void describe(Json& schema) const;
};

/// {deny: write_file(/etc/*)}
struct PermissionList {
  bool read(const Json& json, std::vector<PermissionRule>& rules, const Place& place) const;
  void write(const std::vector<PermissionRule>& rules, Json& json) const;
  void describe(Json& schema) const;
};

/// The mode alone, or {mode, read, write}.
struct SandboxForm {
  bool read(const Json& json, SandboxSetup& sandbox, const Place& place) const;
  void write(const SandboxSetup& sandbox, Json& json) const;
  void describe(Json& schema) const;
};

}  // namespace agentd
