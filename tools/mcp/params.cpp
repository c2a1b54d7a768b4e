#include "tools/mcp/params.h"

#include <algorithm>

#include "core/json_text.h"
#include "tools/mcp/server_requests.h"

namespace agentd {
namespace {

constexpr std::string_view kClientInfo = R"({"name":"agentd","version":")" AGENTD_VERSION R"("})";

std::string braced(const std::string& members) {
  return '{' + members + '}';
}

}  // namespace

bool is_legacy_revision(std::string_view revision) {
  return revision != kModern &&
         std::find(std::begin(kRevisions), std::end(kRevisions), revision) != std::end(kRevisions);
}

std::string params_text(std::string_view members, const RpcMeta& meta, const McpSetup& setup) {
  std::string inner;
  if (meta.token != 0) add_member(inner, "progressToken", std::to_string(meta.token));
  if (!meta.key.empty()) add_member(inner, "agentd/idempotency-key", json_string(meta.key));
  if (meta.era == Era::Modern) {
    add_member(inner, "io.modelcontextprotocol/protocolVersion", json_string(meta.version));
    add_member(inner, "io.modelcontextprotocol/clientInfo", kClientInfo);
    add_member(inner, "io.modelcontextprotocol/clientCapabilities", client_capabilities(setup));
  }
  std::string all(members);
  if (!inner.empty()) add_member(all, "_meta", braced(inner));
  return braced(all);
}

std::string initialize_params(std::string_view version, const McpSetup& setup) {
  std::string members;
  add_member(members, "protocolVersion", json_string(version));
  add_member(members, "capabilities", client_capabilities(setup));
  add_member(members, "clientInfo", kClientInfo);
  return braced(members);
}

void add_member(std::string& members, std::string_view name, std::string_view value) {
  if (!members.empty()) members += ',';
  members.append(json_string(name)).append(":").append(value);
}

std::string json_string(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

}  // namespace agentd
