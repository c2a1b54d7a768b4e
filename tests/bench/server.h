#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace agentd {

/// Monotonic milliseconds.
double now_ms();

/// A whole HTTP response with a JSON body.
std::string response_text(const std::string& body, const std::string& headers = "",
                          const std::string& status = "200 OK");

/// A server on loopback that answers at once. Remembers when each request was whole and when its reply left.
/// By itself it speaks chat completions: a shell call `true` as often as it was told, then an answer.
class Server {
 public:
  /// The response to a request of which this is the number since answer_with.
  using Answer = std::function<std::string(int number)>;

  explicit Server(Answer answer = {});
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

  Answer answer_;
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
