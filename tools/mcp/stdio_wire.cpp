#include "tools/mcp/stdio_wire.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>

#include "core/text.h"
#include "tools/mcp/sentences.h"

namespace agentd {
namespace {

using End = ProcessResult::End;

constexpr std::size_t kMostGarbage = 1000;
constexpr std::size_t kMostNoise = 100'000;
constexpr std::size_t kMostLastWords = 2000;

std::string why_of(const ProcessResult& result) {
  const std::string status = std::to_string(result.status);
  switch (result.end) {
    case End::NotStarted:
      return fill(mcp_sentence("not_started"), {{"why", result.message}});
    case End::Exited:
      return fill(mcp_sentence("exited"), {{"status", status}});
    case End::Signalled:
      return fill(mcp_sentence("killed"), {{"signal", status}});
    case End::TimedOut:
    case End::Interrupted:
      break;
  }
  return std::string(mcp_sentence("closed"));
}

void wait_for(const Fd& wake, const McpExchange& exchange) {
  std::array<pollfd, 2> polls = {{{wake.get(), POLLIN, 0}, {exchange.fd(), POLLIN, 0}}};
  const std::int64_t left = exchange.time_left_ms().value_or(0) + 1;
  ::poll(polls.data(), polls.size(), static_cast<int>(std::min<std::int64_t>(left, 60'000)));
}

}  // namespace

StdioWire::StdioWire(Process& process, const ProcessRequest& request, McpListener& listener)
    : listener_(listener) {
  process_ = process.start(request, *this);
  started_.count_down();
}

RpcReply StdioWire::ask(const RpcRequest& request, McpExchange& exchange) {
  Pending pending{exchange, Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))};
  const std::string id = std::to_string(exchange.id());
  {
    const std::lock_guard lock(mutex_);
    if (!broken_.empty()) return {RpcReply::End::NotSent, "", 0, broken_};
    pending_[id] = &pending;
  }
  RpcReply reply = reply_to(pending, request_text(exchange.id(), request.method, request.params));
  const std::lock_guard lock(mutex_);
  pending_.erase(id);
  return pending.is_over ? std::move(pending.reply) : std::move(reply);
}

/// Used where the answer has not come by the end of the waiting.
RpcReply StdioWire::reply_to(Pending& pending, const std::string& line) {
  if (!process_->write(on_one_line(line) + '\n'))
    return {RpcReply::End::NotSent, "", 0, std::string(mcp_sentence("deaf"))};
  while (pending.exchange.reason() == StopReason::None) wait_for(pending.wake, pending.exchange);
  return {pending.exchange.is_stopped() ? RpcReply::End::Stopped : RpcReply::End::Late};
}

void StdioWire::tell(const RpcRequest& notification) {
  send_line(notification_text(notification.method, notification.params));
}

void StdioWire::start(const RpcRequest& request, std::int64_t id) {
  send_line(request_text(id, request.method, request.params));
}

bool StdioWire::is_broken() {
  const std::lock_guard lock(mutex_);
  return !broken_.empty();
}

void StdioWire::send_line(std::string line) {
  process_->write(on_one_line(line) + '\n');
}

void StdioWire::output(std::string_view bytes) {
  started_.wait();
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    if (line_.size() > kMostMessageBytes) {
      line_.clear();
      return give_up(fill(mcp_sentence("line_long"), {{"limit", std::to_string(kMostMessageBytes)}}));
    }
    if (end == std::string_view::npos) return;
    hear_line(line_);
    line_.clear();
    bytes.remove_prefix(end + 1);
  }
}

void StdioWire::hear_line(std::string_view line) {
  if (trimmed(line).empty()) return;
  const std::vector<RpcMessage> messages = parse_messages(line);
  if (messages.empty() && ++garbage_ == kMostGarbage)
    return give_up(fill(mcp_sentence("garbage"), {{"count", std::to_string(garbage_)}}));
  for (const RpcMessage& message : messages) hear(message);
}

void StdioWire::hear(const RpcMessage& message) {
  if (message.is_answer()) return hear_answer(message);
  if (++noise_ == kMostNoise)
    return give_up(fill(mcp_sentence("noise"), {{"count", std::to_string(noise_)}}));
  if (message.is_request()) return hear_request(message);
  hear_notification(message);
}

void StdioWire::hear_answer(const RpcMessage& answer) {
  const std::lock_guard lock(mutex_);
  auto found = pending_.find(answer.id);
  // An error without an id: the server could not read a request.
  if (answer.id.empty() && pending_.size() == 1) found = pending_.begin();
  if (found == pending_.end()) return;
  noise_ = 0;
  finish(*found->second, reply_of(answer));
}

void StdioWire::hear_request(const RpcMessage& request) {
  std::string response;
  {
    // Held, so that the exchanges stay: the listener does not call back.
    const std::lock_guard lock(mutex_);
    std::vector<McpExchange*> exchanges;
    for (const auto& [id, pending] : pending_) exchanges.push_back(&pending->exchange);
    response = listener_.answer(request, exchanges);
  }
  send_line(std::move(response));
}

void StdioWire::hear_notification(const RpcMessage& notification) {
  if (notification.method == "notifications/progress") {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, pending] : pending_) {
      if (is_progress_of(notification.params, pending->exchange.id())) pending->exchange.progress();
    }
    return;
  }
  listener_.notified(notification);
}

void StdioWire::errors(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  last_words_ += bytes.substr(bytes.size() - std::min(bytes.size(), kMostLastWords));
  if (last_words_.size() > kMostLastWords) last_words_.erase(0, last_words_.size() - kMostLastWords);
}

void StdioWire::ended(const ProcessResult& result) {
  break_off(why_of(result));
}

void StdioWire::break_off(std::string why) {
  const std::lock_guard lock(mutex_);
  if (!broken_.empty()) return;
  const std::string words(trimmed(last_words_));
  broken_ = words.empty() ? why : fill(mcp_sentence("last_words"), {{"why", why}, {"words", words}});
  for (const auto& [id, pending] : pending_) finish(*pending, {RpcReply::End::Lost, "", 0, broken_});
}

void StdioWire::give_up(std::string why) {
  break_off(std::move(why));
  process_->close();
}

void StdioWire::finish(Pending& pending, RpcReply reply) {
  if (pending.is_over) return;
  pending.reply = std::move(reply);
  pending.is_over = true;
  pending.exchange.settle();
  ::eventfd_write(pending.wake.get(), 1);
}

}  // namespace agentd
