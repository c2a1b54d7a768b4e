#include "tools/mcp/servers.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "core/text.h"
#include "tools/command.h"
#include "tools/mcp/sentences.h"

namespace agentd {
namespace {

constexpr std::size_t kLongestInstructions = 4'000;

McpSetup setup_of(const ToolSetup& tool, const ToolContext& context) {
  McpSetup setup{.name = tool.name,
                 .program = command_request(tool, "", context),
                 .url = tool.url,
                 .headers = {tool.headers.begin(), tool.headers.end()},
                 .credentials = {tool.client_credentials.token_url, tool.client_credentials.client_id,
                                 tool.client_credentials.client_secret_env, tool.client_credentials.scope},
                 .tools = tool.tools,
                 .trusted = tool.trusted,
                 .protocol = tool.protocol,
                 .secrets = &context.secrets};
  setup.program.argv = tool.command;
  setup.program.sandbox.reset();  // the task's own choice: it may keep what it works with anywhere
  if (tool.timeout_ms) setup.timeout_ms = *tool.timeout_ms;
  if (tool.elicitation == "accept-defaults") setup.elicitation = Elicitation::AcceptDefaults;
  if (tool.elicitation == "ask") setup.elicitation = Elicitation::Ask;
  return setup;
}

class McpTool final : public Tool {
 public:
  McpTool(McpServer& server, ToolSpec spec) : server_(server), spec_(std::move(spec)) {}
  ToolSpec spec() const override { return spec_; }
  ToolAnswer run(const ToolRun& call, const ToolContext& context, const OutputSink& output) const override {
    return server_.call(spec_, call, context.stop, output);
  }

 private:
  McpServer& server_;
  ToolSpec spec_;
};

}  // namespace

McpServers::McpServers(const std::vector<ToolSetup>& setups, const std::vector<ToolSpec>& journaled,
                       const ToolContext& context) {
  for (const ToolSetup& tool : setups) {
    if (tool.kind != "mcp") continue;
    Entry& entry = entries_[tool.name];
    entry.server = std::make_unique<McpServer>(setup_of(tool, context), context.process, context.make_http);
    for (const ToolSpec& spec : journaled)
      if (spec.server == tool.name) entry.specs.push_back(spec);
    entry.is_asked = !entry.specs.empty();
  }
}

McpServers::~McpServers() {
  for (auto& [name, entry] : entries_) entry.server->close();
}

bool McpServers::has_news() const {
  return std::any_of(entries_.begin(), entries_.end(), [](const auto& each) {
    return !each.second.is_asked || each.second.server->has_changed();
  });
}

void McpServers::list(const Stop& stop) {
  std::map<std::string, McpTools> lists;
  for (const auto& [name, entry] : entries_)
    if (!entry.is_asked || entry.server->has_changed()) lists[name];
  {
    std::vector<std::jthread> threads;
    for (auto& list : lists) {
      McpServer& server = *entries_.at(list.first).server;
      threads.emplace_back([&server, &tools = list.second, &stop] { tools = server.list(stop); });
    }
  }
  for (auto& [name, tools] : lists) take(entries_.at(name), name, std::move(tools));
}

/// What the server says of its tools as a whole comes to the model with the first of them.
void McpServers::take(Entry& entry, const std::string& name, McpTools tools) {
  if (tools.is_stopped) return;
  entry.is_asked = true;
  for (std::string& note : tools.notes) problems_.push_back(std::move(note));
  if (!tools.problem.empty()) return problems_.push_back(std::move(tools.problem));
  entry.specs = std::move(tools.specs);
  if (entry.specs.empty() || tools.instructions.empty()) return;
  entry.specs.front().description +=
      "\n\n" + fill(mcp_sentence("instructions"),
                    {{"server", name}, {"text", cut_middle(tools.instructions, kLongestInstructions, "…")}});
}

const std::vector<ToolSpec>& McpServers::specs(const std::string& server) const {
  return entries_.at(server).specs;
}

std::unique_ptr<Tool> McpServers::make_tool(const std::string& name) const {
  for (const auto& [server, entry] : entries_)
    for (const ToolSpec& spec : entry.specs)
      if (spec.name == name) return std::make_unique<McpTool>(*entry.server, spec);
  return nullptr;
}

}  // namespace agentd
