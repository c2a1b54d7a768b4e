#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/mcp/setup.h"
#include "tools/mcp/wire.h"

namespace agentd {

// The revisions that are spoken here, newest first; the first is modern.
constexpr std::string_view kRevisions[] = {"2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26",
                                           "2024-11-05"};
constexpr std::string_view kModern = kRevisions[0];
constexpr std::string_view kNewestLegacy = kRevisions[1];

bool is_legacy_revision(std::string_view revision);

/// What every request tells beside its members.
struct RpcMeta {
  Era era = Era::Legacy;
  std::string_view version;
  std::int64_t token = 0;  ///< of progress
  std::string_view key;    ///< idempotency key; empty: none
};

/// The params of a request as JSON text. `members`: without braces, may be empty.
std::string params_text(std::string_view members, const RpcMeta& meta, const McpSetup& setup);
std::string initialize_params(std::string_view version, const McpSetup& setup);

/// `"name":value`, with a comma in front where something stands there already.
void add_member(std::string& members, std::string_view name, std::string_view value);
std::string json_string(std::string_view text);

}  // namespace agentd
