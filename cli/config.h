#pragma once

#include <string>
#include <vector>

#include "core/model/prices.h"
#include "core/task.h"

namespace agentd {

/// $XDG_CONFIG_HOME/agentd/config.yaml: a user's defaults. A missing file is an empty one.
struct Config {
  std::string path;
  std::string model_json;  ///< the `model` section as JSON text, or empty: what the task leaves out
  std::vector<Price> prices;
  std::vector<PermissionRule> permissions;  ///< they come after the task's own
};

/// Throws Error(Usage) with FILE:LINE:COL for anything wrong in it.
Config read_config();

}  // namespace agentd
