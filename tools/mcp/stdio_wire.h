#pragma once

#include <cstddef>
#include <latch>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/fd.h"
#include "core/process.h"
#include "tools/mcp/wire.h"

namespace agentd {

/// A server that is a program of ours: one message a line on its stdin and stdout. It lives as long as this.
class StdioWire final : public McpWire, private ProcessWatcher {
 public:
  StdioWire(Process& process, const ProcessRequest& request, McpListener& listener);
  StdioWire(const StdioWire&) = delete;
  StdioWire& operator=(const StdioWire&) = delete;

  RpcReply ask(const RpcRequest& request, McpExchange& exchange) override;
  void tell(const RpcRequest& notification) override;
  void start(const RpcRequest& request, std::int64_t id) override;
  bool is_broken() override;
  void close() override { process_->close(); }

 private:
  /// A request that waits for its answer.
  struct Pending {
    McpExchange& exchange;
    Fd wake;
    bool is_over = false;
    RpcReply reply = {};
  };

  void output(std::string_view bytes) override;
  void errors(std::string_view bytes) override;
  void ended(const ProcessResult& result) override;

  void hear_line(std::string_view line);
  void hear(const RpcMessage& message);
  void hear_answer(const RpcMessage& answer);
  void hear_request(const RpcMessage& request);
  void hear_notification(const RpcMessage& notification);
  void send_line(std::string line);
  /// Nothing will come any more. The first reason counts.
  void break_off(std::string why);
  /// The same, and it is told to go.
  void give_up(std::string why);
  void finish(Pending& pending, RpcReply reply);
  RpcReply reply_to(Pending& pending, const std::string& line);

  McpListener& listener_;
  std::latch started_{1};
  std::string line_;         ///< begun; the process's thread alone touches it
  std::size_t garbage_ = 0;  ///< lines
  std::size_t noise_ = 0;    ///< messages since the last answer

  std::mutex mutex_;  ///< of what follows
  std::map<std::string, Pending*> pending_;
  std::string last_words_;
  std::string broken_;  ///< why; empty: it is not

  std::unique_ptr<RunningProcess> process_;  ///< last: its thread uses all the others
};

}  // namespace agentd
