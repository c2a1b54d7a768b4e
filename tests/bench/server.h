#pragma once

#include <sys/types.h>

#include <atomic>
#include <thread>
#include <vector>

namespace agentd {

/// Monotonic milliseconds.
double now_ms();

/// A chat-completions server on loopback that answers at once: a shell call `true` as often as it was told,
/// then an answer. Remembers when each request was whole and when its reply left.
class Server {
 public:
  Server();
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const { return port_; }
  /// Forgets the past; the next `calls` requests are answered with a call.
  void answer_with(int calls);
  const std::vector<double>& requests() const { return requests_; }
  const std::vector<double>& replies() const { return replies_; }
  /// Whose memory to look at when a request has come: what wait4 reports would include our own before exec.
  void watch(pid_t pid) { watched_ = pid; }
  double peak_rss_mb() const { return peak_rss_mb_; }

 private:
  void serve();
  void converse(int connection);
  void answer(int connection);
  void look_at_memory();

  int listener_ = -1;
  int port_ = 0;
  int calls_ = 0;
  int served_ = 0;
  std::vector<double> requests_;
  std::vector<double> replies_;
  std::atomic<pid_t> watched_ = 0;
  std::atomic<double> peak_rss_mb_ = 0;
  std::atomic<bool> closing_ = false;
  std::thread thread_;
};

/// The median of bare requests of about 4 KB over one connection.
double round_trip_ms(Server& server);

}  // namespace agentd
