// How a server's era is found out, and what is agreed with it. A server that knows neither what it is asked
// first nor how to say no may keep silent or end: both mean that it is of the older era.

#include <algorithm>

#include "core/text.h"
#include "tools/mcp/connection.h"
#include "tools/mcp/json_slice.h"
#include "tools/mcp/params.h"
#include "tools/mcp/sentences.h"

namespace agentd {
namespace {

using End = McpOpening::End;

constexpr std::int64_t kProbeTimeout = 5000;   // an older server may say nothing at all
constexpr std::int64_t kStartTimeout = 30000;  // a program that is downloaded first has so much at least
constexpr std::int64_t kUnsupportedVersion = -32022;

constexpr std::string_view kDiscover = "server/discover";
constexpr std::string_view kInitialize = "initialize";

/// Only servers of the modern era know these.
bool is_modern_error(const RpcReply& reply) {
  return reply.end == RpcReply::End::Error && reply.code <= -32020 && reply.code >= kUnsupportedVersion;
}

bool has_item(std::string_view list, std::string_view text) {
  bool found = false;
  for_each_item(list, [&](std::string_view item) { found = found || json_text(item) == text; });
  return found;
}

bool has_legacy(std::string_view list) {
  return std::any_of(std::begin(kRevisions), std::end(kRevisions),
                     [&](std::string_view one) { return is_legacy_revision(one) && has_item(list, one); });
}

McpOpening speaks_only(std::string_view revisions) {
  const std::string shown = cut_middle(revisions, 300, "…");
  return {End::Failed, fill(mcp_sentence("revisions"), {{"revisions", shown}})};
}

}  // namespace

McpOpening McpConnection::open(std::optional<Era> era, const Stop& stop) {
  if (is_legacy_revision(setup_.protocol)) era = Era::Legacy;
  if (setup_.protocol == kModern) era = Era::Modern;
  if (!era) return probe(stop);
  if (*era == Era::Legacy) return initialize(stop);
  const RpcReply reply = ask_modern(open_timeout(), stop);
  if (reply.end == RpcReply::End::Result) return accept_discovery(reply.result);
  return refuse(reply, kDiscover);
}

McpOpening McpConnection::probe(const Stop& stop) {
  RpcReply reply = ask_modern(std::min(kProbeTimeout, open_timeout()), stop);
  const bool was_late = reply.end == RpcReply::End::Late;
  if (reply.end == RpcReply::End::Lost && wire_->is_broken()) {
    era_ = Era::Legacy;
    return {End::Gone, reply.why};
  }
  if (reply.end == RpcReply::End::Result || is_modern_error(reply)) return settle_modern(reply, stop);
  if (reply.end == RpcReply::End::NotSent || reply.end == RpcReply::End::Stopped)
    return refuse(reply, kDiscover);
  const McpOpening opened = initialize(stop);
  // It may only have been slow to start.
  if (opened.end != End::Failed || !was_late || wire_->is_broken()) return opened;
  reply = ask_modern(open_timeout(), stop);
  if (reply.end == RpcReply::End::Result || is_modern_error(reply)) return settle_modern(reply, stop);
  return opened;
}

McpOpening McpConnection::settle_modern(const RpcReply& reply, const Stop& stop) {
  const bool is_result = reply.end == RpcReply::End::Result;
  const std::string_view revisions =
      is_result ? json_member(reply.result, "supportedVersions") : json_member(reply.data, "supported");
  if (is_result && has_item(revisions, kModern)) return accept_discovery(reply.result);
  if (has_legacy(revisions)) return initialize(stop);
  if (is_result || reply.code == kUnsupportedVersion) return speaks_only(revisions);
  return refuse(reply, kDiscover);
}

McpOpening McpConnection::accept_discovery(std::string_view result) {
  era_ = Era::Modern;
  version_ = kModern;
  instructions_ = json_text(json_member(result, "instructions"));
  const std::string_view tools = json_member(json_member(result, "capabilities"), "tools");
  if (json_member(tools, "listChanged") == "true") {
    const std::int64_t id = next_id_++;
    wire_->start(request({"subscriptions/listen", R"("notifications":{"toolsListChanged":true})"}, "", id),
                 id);
  }
  return {};
}

McpOpening McpConnection::initialize(const Stop& stop) {
  era_ = Era::Legacy;
  version_ = "";
  const std::string_view offered = is_legacy_revision(setup_.protocol) ? setup_.protocol : kNewestLegacy;
  const std::string params = initialize_params(offered, setup_);
  const RpcReply reply = ask_once({std::string(kInitialize), params, era_}, open_timeout(), stop);
  if (reply.end != RpcReply::End::Result) return refuse(reply, kInitialize);
  const std::string version = json_text(json_member(reply.result, "protocolVersion"));
  if (!is_legacy_revision(version)) return speaks_only(json_string(version));
  version_ = version;
  instructions_ = json_text(json_member(reply.result, "instructions"));
  wire_->tell({"notifications/initialized", "", era_, version_});
  return {};
}

RpcReply McpConnection::ask_modern(std::int64_t timeout_ms, const Stop& stop) {
  const RpcMeta meta{Era::Modern, kModern, 0, ""};
  return ask_once({std::string(kDiscover), params_text("", meta, setup_), Era::Modern, std::string(kModern)},
                  timeout_ms, stop);
}

RpcReply McpConnection::ask_once(const RpcRequest& request, std::int64_t timeout_ms, const Stop& stop) {
  McpExchange exchange(next_id_++, stop, {timeout_ms, timeout_ms});
  return wire_->ask(request, exchange);
}

std::int64_t McpConnection::open_timeout() const {
  return setup_.program.argv.empty() ? setup_.timeout_ms : std::max(kStartTimeout, setup_.timeout_ms);
}

McpOpening McpConnection::refuse(const RpcReply& reply, std::string_view method) const {
  const std::string timeout = format_duration(open_timeout());
  const std::string code = std::to_string(reply.code);
  switch (reply.end) {
    case RpcReply::End::Stopped:
      return {End::Stopped};
    case RpcReply::End::Late:
      return {End::Failed, fill(mcp_sentence("silent"), {{"method", method}, {"timeout", timeout}})};
    case RpcReply::End::Error:
      if (reply.code == 0) return {End::Failed, reply.why};
      return {End::Failed,
              fill(mcp_sentence("refused"), {{"method", method}, {"message", reply.why}, {"code", code}})};
    case RpcReply::End::Result:
    case RpcReply::End::NotSent:
    case RpcReply::End::SessionLost:
    case RpcReply::End::Lost:
      break;
  }
  return {End::Failed, reply.why};
}

}  // namespace agentd
