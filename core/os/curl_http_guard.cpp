#include "core/os/curl_http_guard.h"

#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "core/text.h"

namespace agentd {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

/// A part of a URL as curl itself understands it.
std::string part(CURLU* url, CURLUPart what) {
  char* text = nullptr;
  if (curl_url_get(url, what, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return "";
  const std::unique_ptr<char, void (*)(void*)> owned(text, curl_free);
  return text;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string first_of(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (std::string value = variable(name); !value.empty()) return value;
  return "";
}

/// Whether an entry of no_proxy means the host: the name, a domain that it is in, an address, a network.
bool means(std::string_view entry, const std::string& host) {
  if (entry == "*") return true;
  if (const std::optional<IpAddress> address = parse_address(std::string(trimmed(host, "[]"))))
    return network_contains(trimmed(entry, "[]"), *address);
  entry = trimmed(entry, ".");
  if (entry.empty() || host.size() < entry.size()) return false;
  const std::size_t start = host.size() - entry.size();
  if (::strncasecmp(host.c_str() + start, entry.data(), entry.size()) != 0) return false;
  return start == 0 || host[start - 1] == '.';
}

/// The proxy of the environment for that host, by curl's rules; empty: none.
std::string proxy_for(const std::string& scheme, const std::string& host) {
  const std::string all = first_of({"all_proxy", "ALL_PROXY"});
  // Not HTTP_PROXY: a web server's CGI lets anybody set that one.
  std::string proxy = scheme == "http" ? variable("http_proxy") : first_of({"https_proxy", "HTTPS_PROXY"});
  if (proxy.empty()) proxy = all;
  const std::string exceptions = first_of({"no_proxy", "NO_PROXY"});
  const std::string plain = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
  for (std::size_t at = 0; at < exceptions.size();) {
    const std::size_t end = std::min(exceptions.find_first_of(", ", at), exceptions.size());
    if (end > at && means(std::string_view(exceptions).substr(at, end - at), plain)) return "";
    at = end + 1;
  }
  return proxy;
}

/// None for what is neither IPv4 nor IPv6.
std::optional<IpAddress> address_of(const curl_sockaddr& socket) {
  IpAddress address;
  if (socket.family == AF_INET) {
    sockaddr_in from = {};
    std::memcpy(&from, &socket.addr, sizeof from);
    address.size = sizeof from.sin_addr;
    std::memcpy(address.bytes.data(), &from.sin_addr, address.size);
  } else if (socket.family == AF_INET6) {
    sockaddr_in6 from = {};
    std::memcpy(&from, &socket.addr, std::min<std::size_t>(sizeof from, socket.addrlen));
    address.size = sizeof from.sin6_addr;
    std::memcpy(address.bytes.data(), &from.sin6_addr, address.size);
  } else {
    return std::nullopt;
  }
  return address;
}

}  // namespace

CurlGuard::CurlGuard(const HttpRequest& request) : reach_(request.reach) {
  if (!reach_) return;
  const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME);
  host_ = part(url.get(), CURLUPART_HOST);
  port_ = std::atoi(part(url.get(), CURLUPART_PORT).c_str());
  is_open_ = may_reach(*reach_, host_, port_);
  if (request.use_proxy) proxy_ = proxy_for(part(url.get(), CURLUPART_SCHEME), host_);
  if (!proxy_.empty()) mode_ = is_open_ ? Mode::Through : Mode::Look;
}

void CurlGuard::attach(CURL* easy) {
  if (!reach_) return;
  // Said aloud, so that curl has no other opinion.
  curl_easy_setopt(easy, CURLOPT_PROXY, mode_ == Mode::Through ? proxy_.c_str() : "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &CurlGuard::open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  // A kept connection opens no socket. It may have been made by a request with another reach.
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &CurlGuard::before_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, static_cast<void*>(this));
  if (mode_ == Mode::Look) curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
}

curl_socket_t CurlGuard::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto* guard = static_cast<CurlGuard*>(self);
  if (!guard->may_connect(address_of(*address)) || guard->mode_ == Mode::Look) return CURL_SOCKET_BAD;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int CurlGuard::before_request(void* self, char* remote, char*, int, int) {
  auto* guard = static_cast<CurlGuard*>(self);
  return guard->may_connect(parse_address(remote)) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

bool CurlGuard::may_connect(const std::optional<IpAddress>& address) {
  if (is_open_ || mode_ == Mode::Through) return true;
  if (address && may_reach(*reach_, *address, port_)) {
    if (mode_ == Mode::Check) refusal_.clear();  // of another address of the same host
    return true;
  }
  const std::string where = address ? to_string(*address) : "no internet address";
  refusal_ = "was refused: " + host_ +
             (trimmed(host_, "[]") == where ? " is" : " is at " + where + ", which is") +
             " not a public address; the task can open it with `allow: [\"" + host_ + ":" +
             std::to_string(port_) + "\"]`";
  return false;
}

}  // namespace agentd
