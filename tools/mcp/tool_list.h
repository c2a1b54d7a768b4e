#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/message.h"
#include "tools/mcp/setup.h"
#include "tools/mcp/wire.h"

namespace agentd {

/// Takes up a server's tools page by page.
class McpToolList {
 public:
  /// `wire_has_headers`: where a call shows parameters in HTTP headers, a tool that does it wrongly is left
  /// out.
  McpToolList(const McpSetup& setup, bool wire_has_headers) : setup_(setup), has_headers_(wire_has_headers) {}

  /// The result of one tools/list. False: there is no further page.
  bool add_page(std::string_view result);
  /// Members of params with which the next page is asked for.
  const std::string& next() const { return next_; }

  std::vector<ToolSpec> take_specs() { return std::move(specs_); }
  /// Sentences about what was left out, and why.
  std::vector<std::string> take_notes();

 private:
  void add_tool(std::string_view tool);
  void add_spec(const std::string& name, std::string_view tool, std::string schema);
  void leave_out(const std::string& name, std::string_view why);

  const McpSetup& setup_;
  bool has_headers_;
  std::string next_;
  std::set<std::string> cursors_;
  std::size_t bytes_ = 0;
  std::size_t shown_bytes_ = 0;
  std::set<std::string> seen_;   ///< the server's names
  std::set<std::string> names_;  ///< the model's
  std::set<std::string> used_;   ///< globs that matched
  std::vector<ToolSpec> specs_;
  std::vector<std::string> notes_;
};

}  // namespace agentd
