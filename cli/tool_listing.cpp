#include "cli/tool_listing.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/narrate.h"
#include "cli/table.h"
#include "core/json_text.h"
#include "core/permission.h"

namespace agentd {

namespace {

using Json = nlohmann::ordered_json;

std::string source_of(const ToolSpec& spec, const Task& task) {
  if (!spec.server.empty()) return "mcp " + spec.server;
  const auto found = std::find_if(task.tools.begin(), task.tools.end(),
                                  [&](const ToolSetup& setup) { return setup.name == spec.name; });
  return found == task.tools.end() || found->kind.empty() ? "built-in" : found->kind;
}

std::string word_for(std::optional<Permission> permission) {
  if (!permission) return "depends";
  switch (*permission) {
    case Permission::Allow:
      return "allow";
    case Permission::Ask:
      return "ask";
    case Permission::Deny:
      break;
  }
  return "deny";
}

std::string first_sentence(const std::string& text) {
  const std::size_t end = std::min(text.find(". "), text.find(".\n"));
  return one_line(text.substr(0, end == std::string::npos ? end : end + 1), 200);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json json_of(const ListedTool& tool) {
  const ToolSpec& spec = tool.spec;
  // A server's may be of any form.
  const Json schema = is_json_object(spec.parameters) ? Json::parse(spec.parameters, nullptr, false) : Json();
  return {{"name", spec.name},
          {"source", tool.source},
          {"server", text_or_null(spec.server)},
          {"remote_name", text_or_null(spec.remote_name)},
          {"effect", word_of(spec.effect)},
          {"permission", tool.permission},
          {"description", spec.description},
          {"schema", schema.is_discarded() ? Json() : schema}};
}

}  // namespace

std::vector<ListedTool> list_tools(const std::vector<ToolSpec>& specs, const Task& task) {
  std::vector<ListedTool> tools;
  for (const ToolSpec& spec : specs)
    tools.push_back({spec, source_of(spec, task), word_for(permission_for_all(task.permissions, spec.name))});
  return tools;
}

std::string tools_text(const std::vector<ListedTool>& tools) {
  std::vector<Cells> rows{{"TOOL", "SOURCE", "EFFECT", "PERMISSION", "WHAT IT DOES"}};
  for (const ListedTool& tool : tools)
    rows.push_back({one_line(tool.spec.name), one_line(tool.source), std::string(word_of(tool.spec.effect)),
                    tool.permission, first_sentence(tool.spec.description)});
  return table_text(rows);
}

std::string tools_json(const std::vector<ListedTool>& tools, const std::vector<std::string>& problems) {
  Json object = {{"schema", 1}, {"tools", Json::array()}, {"problems", problems}};
  for (const ListedTool& tool : tools) object["tools"].push_back(json_of(tool));
  return object.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace agentd
