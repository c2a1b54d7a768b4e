#include "tools/mcp/tool_list.h"

#include <fnmatch.h>

#include <algorithm>

#include "core/json_schema.h"
#include "core/text.h"
#include "tools/mcp/json_slice.h"
#include "tools/mcp/names.h"
#include "tools/mcp/param_headers.h"
#include "tools/mcp/params.h"
#include "tools/mcp/sentences.h"

namespace agentd {
namespace {

constexpr std::size_t kMostTools = 1000;
constexpr std::size_t kMostBytes = 16 << 20;   // of all pages
constexpr std::size_t kMostShown = 512 << 10;  // of what the model is shown of them: no context holds more
constexpr std::size_t kMostPages = 1000;
constexpr std::size_t kMostNotes = 50;
constexpr std::size_t kMostDescription = 16 << 10;
constexpr std::size_t kMostName = 1000;

Effect effect_of(std::string_view tool) {
  const std::string_view hints = json_member(tool, "annotations");
  if (json_member(hints, "readOnlyHint") == "true") return Effect::Read;
  if (json_member(hints, "idempotentHint") == "true") return Effect::Idempotent;
  return Effect::Once;
}

std::string description_of(std::string_view tool) {
  std::string text = json_text(json_member(tool, "description"));
  if (trimmed(text).empty()) text = json_text(json_member(tool, "title"));
  return cut_middle(trimmed(text), kMostDescription, "[…]");
}

/// Model APIs want a schema that says it is of an object. It goes on unchanged but for that.
std::string schema_of(std::string_view tool) {
  const std::string_view schema = trimmed(json_member(tool, "inputSchema"));
  if (schema.empty() || schema == "null") return R"({"type":"object"})";
  if (!schema.starts_with('{') || !json_member(schema, "type").empty()) return std::string(schema);
  const std::string_view rest = trimmed(schema.substr(1));
  return R"({"type":"object")" + std::string(rest.starts_with('}') ? "" : ",") + std::string(rest);
}

std::string schema_trouble(const std::string& schema) {
  if (!schema.starts_with('{') || json_member(schema, "type") != R"("object")")
    return std::string(mcp_sentence("schema_no_object"));
  return schema_problem(schema).value_or("");
}

}  // namespace

bool McpToolList::add_page(std::string_view result) {
  bytes_ += result.size();
  for_each_item(json_member(result, "tools"), [&](std::string_view tool) { add_tool(tool); });
  const std::string_view cursor = json_member(result, "nextCursor");
  if (cursor.empty() || cursor == "null") return false;
  const bool is_new = cursors_.insert(std::string(cursor)).second;
  if (!is_new || cursors_.size() > kMostPages || bytes_ > kMostBytes || specs_.size() >= kMostTools) {
    const std::string_view text = is_new ? mcp_sentence("list_long") : mcp_sentence("list_loops");
    notes_.push_back(fill(text, {{"server", setup_.name}}));
    return false;
  }
  next_.clear();
  add_member(next_, "cursor", cursor);
  return true;
}

void McpToolList::add_tool(std::string_view tool) {
  const std::string name = json_text(json_member(tool, "name"));
  if (name.empty() || name.size() > kMostName || specs_.size() >= kMostTools) return;
  const auto matches = [&](const std::string& glob) { return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0; };
  const auto glob = std::find_if(setup_.tools.begin(), setup_.tools.end(), matches);
  if (!setup_.tools.empty() && glob == setup_.tools.end()) return;
  std::copy_if(setup_.tools.begin(), setup_.tools.end(), std::inserter(used_, used_.end()), matches);
  if (!seen_.insert(name).second) return leave_out(name, mcp_sentence("tool_twice"));
  std::string schema = schema_of(tool);
  std::string trouble = schema_trouble(schema);
  if (trouble.empty() && has_headers_) trouble = param_headers_problem(schema);
  if (!trouble.empty()) return leave_out(name, trouble);
  add_spec(name, tool, std::move(schema));
}

void McpToolList::add_spec(const std::string& name, std::string_view tool, std::string schema) {
  const std::string description = description_of(tool);
  shown_bytes_ += description.size() + schema.size();
  if (shown_bytes_ > kMostShown) return;
  std::string shown = model_tool_name(setup_.name, name);
  if (names_.count(shown) > 0) shown = other_tool_name(setup_.name, name);
  if (!names_.insert(shown).second) return leave_out(name, mcp_sentence("tool_twice"));
  ToolSpec spec;
  spec.name = std::move(shown);
  spec.description = description;
  spec.parameters = std::move(schema);
  spec.effect = setup_.trusted ? effect_of(tool) : Effect::Once;
  spec.server = setup_.name;
  spec.remote_name = name;
  specs_.push_back(std::move(spec));
}

void McpToolList::leave_out(const std::string& name, std::string_view why) {
  if (notes_.size() < kMostNotes)
    notes_.push_back(
        fill(mcp_sentence("tool_left_out"), {{"server", setup_.name}, {"tool", name}, {"why", why}}));
}

std::vector<std::string> McpToolList::take_notes() {
  if (shown_bytes_ > kMostShown)
    notes_.push_back(
        fill(mcp_sentence("list_large"), {{"server", setup_.name}, {"limit", std::to_string(kMostShown)}}));
  for (const std::string& glob : setup_.tools) {
    if (used_.count(glob) == 0)
      notes_.push_back(fill(mcp_sentence("glob_unused"), {{"server", setup_.name}, {"glob", glob}}));
  }
  return std::move(notes_);
}

}  // namespace agentd
