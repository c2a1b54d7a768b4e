#pragma once

#include <string>
#include <vector>

#include "core/task.h"
#include "core/task_json.h"

namespace agentd {

/// What the author of a task got wrong in a tool of kind exec or http, beyond the form of each key. Pointers
/// begin at the tool's settings: /url, /headers/Accept, /command/2.
std::vector<Problem> template_problems(const ToolSetup& tool);

/// A URL with places for arguments, cut where escaping changes.
struct UrlTemplate {
  std::string origin;   ///< scheme, host and port
  std::string path;     ///< begins with '/'
  std::string query;    ///< without its '?'
  std::string problem;  ///< why it is none; empty: it is one
};
UrlTemplate parse_url_template(const std::string& url);

}  // namespace agentd
