#include "scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace agentd {
namespace {

std::size_t content_length(const std::string& head) {
  constexpr char kName[] = "\r\ncontent-length:";
  const char* found = nullptr;
  for (const char* at = head.c_str(); *at != '\0' && found == nullptr; ++at) {
    if (strncasecmp(at, kName, sizeof kName - 1) == 0) found = at + sizeof kName - 1;
  }
  return found == nullptr ? 0 : std::strtoul(found, nullptr, 10);
}

}  // namespace

ScriptedServer::ScriptedServer(std::vector<Exchange> exchanges) : exchanges_(std::move(exchanges)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  wake_ = eventfd(0, EFD_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  if (!bound || listen(listener_, 16) != 0) throw std::runtime_error("the test server cannot listen");
  thread_ = std::thread([this] { serve(); });
}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  eventfd_write(wake_, 1);
  thread_.join();
  close_peer();
  close(listener_);
  close(wake_);
}

std::string ScriptedServer::url() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  return "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

void ScriptedServer::release() {
  const std::lock_guard lock(mutex_);
  ++releases_;
  changed_.notify_all();
}

void ScriptedServer::wait_for_stall() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stalled_; });
}

std::vector<std::string> ScriptedServer::requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedServer::serve() {
  for (const Exchange& exchange : exchanges_) {
    do {
      if (peer_ < 0 && !accept_one()) return;
    } while (!read_request());
    play(exchange);
  }
  // Without an answer left, whoever connects waits, as at a server that hangs.
}

void ScriptedServer::play(const Exchange& exchange) {
  for (const Step& step : exchange) {
    if (peer_ >= 0) std::visit([this](const auto& what) { act(what); }, step);
  }
}

void ScriptedServer::act(const Send& what) {
  std::size_t sent = 0;
  while (sent < what.bytes.size()) {
    const ssize_t count = send(peer_, what.bytes.data() + sent, what.bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return close_peer();
    sent += static_cast<std::size_t>(count);
  }
}

void ScriptedServer::act(const Stall&) {
  std::unique_lock lock(mutex_);
  stalled_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return releases_ > 0 || ending_; });
  stalled_ = false;
  if (releases_ > 0) --releases_;
}

void ScriptedServer::act(const Close&) {
  close_peer();
}

void ScriptedServer::act(const Reset&) {
  const linger at_once{1, 0};
  setsockopt(peer_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close_peer();
}

bool ScriptedServer::accept_one() {
  if (!wait_readable(listener_)) return false;
  peer_ = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  ++connections_;
  return peer_ >= 0;
}

bool ScriptedServer::read_request() {
  std::string request;
  std::size_t whole = std::string::npos;
  while (request.size() < whole) {
    char buffer[65536];
    const ssize_t count = wait_readable(peer_) ? recv(peer_, buffer, sizeof buffer, 0) : 0;
    if (count <= 0) {
      close_peer();
      return false;
    }
    request.append(buffer, static_cast<std::size_t>(count));
    const std::size_t head = request.find("\r\n\r\n");
    if (head != std::string::npos) whole = head + 4 + content_length(request.substr(0, head + 2));
  }
  const std::lock_guard lock(mutex_);
  requests_.push_back(std::move(request));
  return true;
}

bool ScriptedServer::wait_readable(int fd) {
  pollfd fds[] = {{fd, POLLIN, 0}, {wake_, POLLIN, 0}};
  while (poll(fds, 2, -1) < 0) continue;
  return fds[1].revents == 0;
}

void ScriptedServer::close_peer() {
  if (peer_ >= 0) close(peer_);
  peer_ = -1;
}

std::string http_response(const std::string& status, const std::string& headers, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string chunked_head(const std::string& headers) {
  return "HTTP/1.1 200 OK\r\n" + headers + "Transfer-Encoding: chunked\r\n\r\n";
}

std::string chunk(const std::string& bytes) {
  char size[24];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}

}  // namespace agentd
