#include "tools/mcp/connection.h"

#include <algorithm>

#include "core/text.h"
#include "tools/mcp/input_required.h"
#include "tools/mcp/json_slice.h"
#include "tools/mcp/params.h"
#include "tools/mcp/sentences.h"
#include "tools/mcp/server_requests.h"

namespace agentd {
namespace {

constexpr int kMostRounds = 8;              // of answering what a server wants to know before it goes on
constexpr std::int64_t kWithProgress = 10;  // times the time-out

bool is_lost(const RpcReply& reply) {
  return reply.end == RpcReply::End::Lost;
}

}  // namespace

McpConnection::McpConnection(const McpSetup& setup, const MakeWire& make_wire) : setup_(setup) {
  wire_ = make_wire(*this);
}

McpAnswered McpConnection::ask(const McpQuestion& question, const Stop& stop) {
  McpAnswered answered;
  std::string more;
  bool may_repeat = question.is_repeatable;
  for (int round = 0; round < kMostRounds; ++round) {
    McpExchange exchange(next_id_++, stop, {setup_.timeout_ms, setup_.timeout_ms * kWithProgress});
    answered.reply = send(question, more, exchange);
    for (std::string& note : exchange.notes()) answered.notes.push_back(std::move(note));
    cancel(exchange, answered.reply);
    if (is_lost(answered.reply) && may_repeat && !wire_->is_broken()) {
      may_repeat = false;
      continue;
    }
    if (answered.reply.end != RpcReply::End::Result || era_ == Era::Legacy) return answered;
    InputRequired input = input_required(answered.reply.result, setup_);
    if (input.is_complete) return answered;
    for (std::string& note : input.notes) answered.notes.push_back(std::move(note));
    answered.reply = {RpcReply::End::Error, "", 0, input.problem};
    if (!input.problem.empty()) return answered;
    more = std::move(input.more);
  }
  answered.reply.why = fill(mcp_sentence("rounds"), {{"count", std::to_string(kMostRounds)}});
  return answered;
}

RpcReply McpConnection::send(const McpQuestion& question, const std::string& more, McpExchange& exchange) {
  std::int64_t session = 0;
  {
    const std::lock_guard lock(session_mutex_);
    session = session_;
  }
  RpcReply reply = wire_->ask(request(question, more, exchange.id()), exchange);
  if (reply.end != RpcReply::End::SessionLost) return reply;
  if (!reopen_session(session, exchange)) return reply;
  return wire_->ask(request(question, more, exchange.id()), exchange);
}

/// Once, however many calls notice that it was lost.
bool McpConnection::reopen_session(std::int64_t session, const Stop& stop) {
  const std::lock_guard lock(session_mutex_);
  if (session != session_) return true;
  ++session_;
  return initialize(stop).end == McpOpening::End::Ready;
}

RpcRequest McpConnection::request(const McpQuestion& question, const std::string& more,
                                  std::int64_t id) const {
  std::string members = question.members;
  if (!more.empty()) members += (members.empty() ? "" : ",") + more;
  const RpcMeta meta{era_, version_, id, question.key};
  return {question.method, params_text(members, meta, setup_), era_, version_, question.headers};
}

/// A modern server on HTTP has been told by the end of the stream.
void McpConnection::cancel(const McpExchange& exchange, const RpcReply& reply) {
  if (reply.end != RpcReply::End::Late && reply.end != RpcReply::End::Stopped) return;
  std::string members;
  add_member(members, "requestId", std::to_string(exchange.id()));
  add_member(members, "reason", json_string(reply.end == RpcReply::End::Late ? "timed out" : "interrupted"));
  const RpcMeta meta{era_, version_, 0, ""};
  wire_->tell({"notifications/cancelled", params_text(members, meta, setup_), era_, version_});
}

void McpConnection::notified(const RpcMessage& notification) {
  if (notification.method == "notifications/tools/list_changed") changed_ = true;
}

std::string McpConnection::answer(const RpcMessage& request, std::span<McpExchange* const> exchanges) {
  const ServerAnswer answer = answer_server(setup_, request.method, request.params);
  if (answer.result.empty()) return error_text(request.id, -32601, "Method not found");
  for (McpExchange* exchange : exchanges)
    if (!answer.note.empty()) exchange->note(answer.note);
  return result_text(request.id, answer.result);
}

}  // namespace agentd
