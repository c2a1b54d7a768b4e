#include "tools/mcp/link.h"

#include <mutex>

#include "tools/mcp/http_wire.h"
#include "tools/mcp/sentences.h"
#include "tools/mcp/stdio_wire.h"

namespace agentd {
namespace {

constexpr int kMostStarts = 3;  // of a program in an invocation

}  // namespace

McpServer::Link::Link(const McpSetup& setup, Process& process, MakeHttp make_http)
    : setup_(setup), process_(process), make_http_(std::move(make_http)), token_(setup, make_http_) {}

McpAnswered McpServer::Link::ask(const McpQuestion& question, const Stop& stop) {
  McpAnswered answered{{RpcReply::End::NotSent}};
  for (int attempt = 0; attempt < kMostStarts; ++attempt) {
    const McpOpening opened = connect(stop);
    if (opened.end == McpOpening::End::Stopped) return {{RpcReply::End::Stopped}};
    if (opened.end != McpOpening::End::Ready) return {{RpcReply::End::NotSent, "", 0, opened.why}};
    const std::shared_lock lock(gate_);
    if (!connection_) continue;
    answered = connection_->ask(question, stop);
    // It may have ended since its last call.
    if (answered.reply.end != RpcReply::End::NotSent || !connection_->is_broken()) break;
  }
  return answered;
}

McpOpening McpServer::Link::connect(const Stop& stop) {
  {
    const std::shared_lock lock(gate_);
    if (connection_ && !connection_->is_broken()) return {};
  }
  const std::unique_lock lock(gate_);
  if (connection_ && !connection_->is_broken()) return {};
  if (stop.reason() != StopReason::None) return {McpOpening::End::Stopped};
  McpOpening opened = open(stop);
  if (opened.end != McpOpening::End::Ready) connection_.reset();
  return opened;
}

McpOpening McpServer::Link::open(const Stop& stop) {
  if (connection_ && connection_->has_changed()) was_changed_ = true;
  connection_.reset();
  if (is_program() && ++starts_ > kMostStarts)
    return {McpOpening::End::Failed,
            fill(mcp_sentence("started_often"), {{"count", std::to_string(kMostStarts)}})};
  const auto wire = [this](McpListener& listener) { return make_wire(listener); };
  connection_ = std::make_unique<McpConnection>(setup_, wire);
  McpOpening opened = connection_->open(era_, stop);
  if (opened.end == McpOpening::End::Gone) {
    era_ = Era::Legacy;
    connection_.reset();
    connection_ = std::make_unique<McpConnection>(setup_, wire);
    opened = connection_->open(era_, stop);
  }
  if (opened.end == McpOpening::End::Ready) era_ = connection_->era();
  return opened;
}

std::unique_ptr<McpWire> McpServer::Link::make_wire(McpListener& listener) {
  if (!is_program()) return std::make_unique<HttpWire>(setup_, make_http_, token_, listener);
  return std::make_unique<StdioWire>(process_, setup_.program, listener);
}

std::string McpServer::Link::instructions() {
  const std::shared_lock lock(gate_);
  return connection_ ? connection_->instructions() : "";
}

bool McpServer::Link::has_changed() {
  const std::shared_lock lock(gate_);
  return was_changed_ || (connection_ && connection_->has_changed());
}

void McpServer::Link::forget_changes() {
  const std::shared_lock lock(gate_);
  was_changed_ = false;
  if (connection_) connection_->forget_changes();
}

void McpServer::Link::close() {
  const std::shared_lock lock(gate_);
  if (connection_) connection_->close();
}

}  // namespace agentd
