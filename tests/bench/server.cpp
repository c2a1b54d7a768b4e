#include "tests/bench/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <utility>

namespace agentd {

namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

void no_delay(int fd) {
  const int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

bool send_all(int fd, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

/// One whole message with a Content-Length; empty at the end of the connection.
std::string receive_message(int fd, std::string& buffer) {
  std::size_t whole = std::string::npos;
  std::vector<char> chunk(1 << 16);
  while (true) {
    const std::size_t head = buffer.find("\r\n\r\n");
    if (head != std::string::npos && whole == std::string::npos) {
      std::string lower = buffer.substr(0, head);
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](unsigned char c) { return std::tolower(c); });
      const std::size_t at = lower.find("content-length:");
      whole = head + 4 + (at == std::string::npos ? 0 : std::stoul(lower.substr(at + 15)));
    }
    if (whole != std::string::npos && buffer.size() >= whole) {
      std::string message = buffer.substr(0, whole);
      buffer.erase(0, whole);
      return message;
    }
    const ssize_t n = recv(fd, chunk.data(), chunk.size(), 0);
    if (n <= 0) return {};
    buffer.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

std::string reply_text(const std::string& message, const std::string& reason) {
  const std::string body = R"({"choices":[{"index":0,"message":)" + message + R"(,"finish_reason":")" +
                           reason + R"("}],"usage":{"prompt_tokens":100,"completion_tokens":10}})";
  return response_text(body);
}

}  // namespace

std::string response_text(const std::string& body, const std::string& headers, const std::string& status) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

double now_ms() {
  using namespace std::chrono;
  return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

Server::Server(Answer answer) : answer_(std::move(answer)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  listen(listener_, 16);
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

Server::~Server() {
  closing_ = true;
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

void Server::answer_with(int calls) {
  calls_ = calls;
  served_ = 0;
  requests_.clear();
  replies_.clear();
}

void Server::serve() {
  while (!closing_) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    no_delay(connection);
    converse(connection);
    close(connection);
  }
}

void Server::converse(int connection) {
  std::string buffer;
  while (!receive_message(connection, buffer).empty()) {
    requests_.push_back(now_ms());
    look_at_memory();
    answer(connection);
  }
}

/// The last request is the longest, so this is the peak.
void Server::look_at_memory() {
  if (served_ < calls_) return;
  std::ifstream status("/proc/" + std::to_string(watched_) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) peak_rss_mb_ = std::stod(line.substr(6)) / 1024;
}

void Server::answer(int connection) {
  const int number = served_++;
  std::string reply;
  if (answer_)
    reply = answer_(number);
  else if (number < calls_)
    reply = reply_text(
        R"({"role":"assistant","content":"","tool_calls":[{"id":"call_)" + std::to_string(number) +
            R"(","type":"function","function":{"name":"shell","arguments":"{\"command\":\"true\"}"}}]})",
        "tool_calls");
  else
    reply = reply_text(R"({"role":"assistant","content":"done"})", "stop");
  replies_.push_back(now_ms());
  send_all(connection, reply);
}

double round_trip_ms(Server& server) {
  server.answer_with(0);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(server.port());
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 0;
  no_delay(fd);
  const std::string body(4096, 'x');
  const std::string request =
      "POST / HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  std::string buffer;
  std::vector<double> times;
  for (int i = 0; i < 500; ++i) {
    const double began = now_ms();
    send_all(fd, request);
    receive_message(fd, buffer);
    times.push_back(now_ms() - began);
  }
  close(fd);
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

}  // namespace agentd
