#include "tools/mcp/server.h"

#include "core/json_text.h"
#include "core/text.h"
#include "tools/answers.h"
#include "tools/mcp/link.h"
#include "tools/mcp/param_headers.h"
#include "tools/mcp/params.h"
#include "tools/mcp/result_text.h"
#include "tools/mcp/rpc.h"
#include "tools/mcp/sentences.h"
#include "tools/mcp/tool_list.h"

namespace agentd {
namespace {

using End = RpcReply::End;

std::string say(std::string_view text, const McpSetup& setup, const RpcReply& reply) {
  const std::string code = std::to_string(reply.code);
  const std::string timeout = format_duration(setup.timeout_ms);
  return fill(text, {{"server", setup.name}, {"why", reply.why}, {"code", code}, {"timeout", timeout}});
}

/// About a call that has no result; empty where the invocation had to end.
std::string why_no_result(const McpSetup& setup, const RpcReply& reply) {
  switch (reply.end) {
    case End::Error:
      return say(reply.code == 0 ? mcp_sentence("call_refused") : mcp_sentence("call_error"), setup, reply);
    case End::NotSent:
    case End::SessionLost:
      return say(mcp_sentence("unusable"), setup, reply);
    case End::Lost:
      return say(mcp_sentence("call_lost"), setup, reply);
    case End::Late:
      return say(mcp_sentence("call_late"), setup, reply);
    case End::Result:
    case End::Stopped:
      break;
  }
  return "";
}

/// About a list that did not come; empty where the invocation had to end.
std::string why_no_list(const McpSetup& setup, const RpcReply& reply) {
  if (reply.end == End::Stopped) return "";
  if (reply.end == End::Late) return say(mcp_sentence("listless_late"), setup, reply);
  const bool has_code = reply.end == End::Error && reply.code != 0;
  return say(has_code ? mcp_sentence("listless_error") : mcp_sentence("listless"), setup, reply);
}

/// A call that may have been done is a failure where that does no harm.
Outcome outcome_of(const RpcReply& reply, Effect effect) {
  const bool may_be_done = reply.end == End::Lost || reply.end == End::Late;
  return may_be_done && effect == Effect::Once ? Outcome::Unknown : Outcome::Error;
}

}  // namespace

McpServer::McpServer(McpSetup setup, Process& process, MakeHttp make_http)
    : setup_(std::move(setup)), link_(std::make_unique<Link>(setup_, process, std::move(make_http))) {}

McpServer::~McpServer() = default;

McpTools McpServer::list(const Stop& stop) {
  link_->forget_changes();
  McpToolList list(setup_, !setup_.url.empty());
  McpTools tools;
  for (bool has_more = true; has_more;) {
    const RpcReply reply = link_->ask({"tools/list", list.next(), "", {}, true}, stop).reply;
    has_more = reply.end == End::Result && list.add_page(reply.result);
    if (reply.end == End::Result) continue;
    tools.is_stopped = reply.end == End::Stopped;
    tools.problem = why_no_list(setup_, reply);
    return tools;
  }
  tools.specs = list.take_specs();
  tools.notes = list.take_notes();
  tools.instructions = link_->instructions();
  return tools;
}

ToolAnswer McpServer::call(const ToolSpec& spec, const ToolRun& run, const Stop& stop,
                           const OutputSink& output) {
  std::string arguments = trimmed(run.arguments).empty() ? "{}" : run.arguments;
  if (!is_json_object(arguments)) return failed(std::string(mcp_sentence("arguments")));
  McpQuestion question{"tools/call"};
  add_member(question.members, "name", json_string(spec.remote_name));
  add_member(question.members, "arguments", arguments);
  question.key = run.key;
  question.headers = {{"Mcp-Name", header_value(spec.remote_name)}};
  for (auto& header : param_headers(spec.parameters, arguments))
    question.headers.push_back(std::move(header));
  question.is_repeatable = spec.effect != Effect::Once;
  const McpAnswered answered = link_->ask(question, stop);
  if (answered.reply.end == End::Stopped) return {Outcome::Unknown, "", true};
  ToolAnswer answer{outcome_of(answered.reply, spec.effect), why_no_result(setup_, answered.reply)};
  if (answered.reply.end == End::Result) answer.outcome = write_result(answered.reply.result, output);
  for (const std::string& note : answered.notes) answer.text.append("\n").append(note);
  return answer;
}

bool McpServer::has_changed() const {
  return link_->has_changed();
}

void McpServer::close() {
  link_->close();
}

}  // namespace agentd
