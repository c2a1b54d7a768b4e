#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace agentd {

/// A server on 127.0.0.1 that answers each request with the next list of steps, on whichever connection it
/// comes. Knows just enough HTTP to find the end of a request; every byte of the answers is the test's own.
class ScriptedServer {
 public:
  struct Send {
    std::string bytes;
  };
  struct Stall {};  ///< until release() or the end
  struct Close {};
  struct Reset {};  ///< closes so that the peer gets an error rather than an end
  using Step = std::variant<Send, Stall, Close, Reset>;
  using Exchange = std::vector<Step>;

  explicit ScriptedServer(std::vector<Exchange> exchanges);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string url() const;
  /// Ends the next stall, or the present one.
  void release();
  /// Returns once the server stalls.
  void wait_for_stall();
  /// As they came, head and body; complete once their answers are.
  std::vector<std::string> requests();
  int connections() const { return connections_; }

 private:
  void serve();
  void play(const Exchange& exchange);
  void act(const Send& send);
  void act(const Stall& stall);
  void act(const Close& close);
  void act(const Reset& reset);
  bool accept_one();
  /// False if the peer closed before a whole request had come.
  bool read_request();
  bool wait_readable(int fd);
  void close_peer();

  std::vector<Exchange> exchanges_;
  int listener_ = -1;
  int wake_ = -1;
  int peer_ = -1;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> requests_;
  int releases_ = 0;
  bool stalled_ = false;
  bool ending_ = false;
  std::thread thread_;
};

/// A whole response with a Content-Length, after which the connection stays open.
std::string http_response(const std::string& status, const std::string& headers, const std::string& body);
/// The head of a response whose body is what follows in chunks.
std::string chunked_head(const std::string& headers);
std::string chunk(const std::string& bytes);

}  // namespace agentd
