#include "core/reach.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "core/text.h"

namespace agentd {
namespace {

// IANA's registries of special-purpose addresses, less what is reachable from everywhere.
constexpr std::array<std::string_view, 17> kNotPublic = {
    "0.0.0.0/8",           // this host
    "10.0.0.0/8",          // private
    "100.64.0.0/10",       // shared by carriers; a cloud's metadata
    "127.0.0.0/8",         // loopback
    "168.63.129.16/32",    // Azure's own services for its virtual machines
    "169.254.0.0/16",      // link-local; the metadata of most clouds
    "172.16.0.0/12",       // private
    "192.0.0.0/24",        // protocol assignments; a cloud's metadata
    "192.0.2.0/24",        // documentation
    "192.88.99.0/24",      // 6to4 relays
    "192.168.0.0/16",      // private
    "198.18.0.0/15",       // benchmarks
    "198.51.100.0/24",     // documentation
    "203.0.113.0/24",      // documentation
    "224.0.0.0/4",         // multicast
    "240.0.0.0/4",         // reserved, broadcast
    "255.255.255.255/32",  // broadcast
};
// Within 2000::/3, the only part of IPv6 that is given out.
constexpr std::array<std::string_view, 4> kNotPublic6 = {
    "2001::/23",      // protocol assignments, Teredo among them
    "2001:db8::/32",  // documentation
    "2002::/16",      // 6to4: an IPv4 address of any kind inside
    "3fff::/20",      // documentation
};
constexpr std::string_view kTranslated = "64:ff9b::/96";  // NAT64: an IPv4 address behind it

std::optional<int> parse_number(std::string_view text, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = error == std::errc() && end == text.data() + text.size() && number >= 0 && number <= most;
  return good ? std::optional<int>(number) : std::nullopt;
}

bool same_bits(const IpAddress& a, const IpAddress& b, int bits) {
  if (a.size != b.size) return false;
  for (std::size_t i = 0; i < a.size && bits > 0; ++i, bits -= 8) {
    const int ignored = bits >= 8 ? 0 : 8 - bits;
    if (a.bytes[i] >> ignored != b.bytes[i] >> ignored) return false;
  }
  return true;
}

struct Network {
  IpAddress address;
  int bits = 0;
};

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<IpAddress> address = parse_address(std::string(text.substr(0, slash)));
  if (!address) return std::nullopt;
  const int most = static_cast<int>(address->size) * 8;
  if (slash == std::string_view::npos) return Network{*address, most};
  const std::optional<int> bits = parse_number(text.substr(slash + 1), most);
  if (!bits) return std::nullopt;
  return Network{*address, *bits};
}

std::string host_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  std::string name(text);
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

/// An entry of `allow`, cut at its port. `bad`: it is none.
struct Entry {
  std::string host;  ///< a name, an address without brackets or a network
  std::optional<int> port;
  bool bad = false;

  bool has_port(int wanted) const { return !port || *port == wanted; }
};

Entry parse_entry(std::string_view text) {
  std::size_t end = text.size();
  if (text.starts_with('['))
    end = std::min(text.find(']'), text.size() - 1) + 1;
  else if (std::count(text.begin(), text.end(), ':') == 1)
    end = text.find(':');
  const bool is_closed = !text.starts_with('[') || text.find(']') != std::string_view::npos;
  Entry entry{host_name(trimmed(text.substr(0, end), "[]")), std::nullopt, !is_closed};
  if (end < text.size()) {
    entry.port = parse_number(text.substr(end + 1), 65535);
    entry.bad = entry.bad || text[end] != ':' || !entry.port;
  }
  return entry;
}

bool is_name(std::string_view host) {
  constexpr std::string_view kRefused = " \t\r\n/:@?#[]{}\\\"'<>*,%";
  return !host.empty() && host.find_first_of(kRefused) == std::string_view::npos;
}

}  // namespace

std::optional<IpAddress> parse_address(const std::string& text) {
  IpAddress address;
  if (::inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1)
    address.size = 4;
  else if (::inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1)
    address.size = 16;
  else
    return std::nullopt;
  return address;
}

std::string to_string(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  ::inet_ntop(address.size == 4 ? AF_INET : AF_INET6, address.bytes.data(), text.data(), text.size());
  return text.data();
}

bool network_contains(std::string_view network, const IpAddress& address) {
  const std::optional<Network> known = parse_network(network);
  return known && same_bits(known->address, address, known->bits);
}

bool is_public(const IpAddress& address) {
  const auto holds = [&](std::string_view network) { return network_contains(network, address); };
  if (address.size == 4) return std::none_of(kNotPublic.begin(), kNotPublic.end(), holds);
  if (holds(kTranslated)) {
    IpAddress behind{{}, 4};
    std::copy_n(address.bytes.begin() + 12, 4, behind.bytes.begin());
    return is_public(behind);
  }
  return holds("2000::/3") && std::none_of(kNotPublic6.begin(), kNotPublic6.end(), holds);
}

bool may_reach(const Reach& reach, std::string_view host, int port) {
  const std::string name = host_name(host);
  return std::any_of(reach.allow.begin(), reach.allow.end(), [&](const std::string& one) {
    const Entry entry = parse_entry(one);
    return !entry.bad && !name.empty() && entry.host == name && entry.has_port(port);
  });
}

bool may_reach(const Reach& reach, const IpAddress& address, int port) {
  if (is_public(address)) return true;
  return std::any_of(reach.allow.begin(), reach.allow.end(), [&](const std::string& one) {
    const Entry entry = parse_entry(one);
    return !entry.bad && entry.has_port(port) && network_contains(entry.host, address);
  });
}

std::string allow_problem(std::string_view text) {
  const Entry entry = parse_entry(text);
  if (!entry.bad && (is_name(entry.host) || parse_network(entry.host))) return "";
  return "must be a host, host:port, an address or a network such as 10.0.0.0/8, not '" + std::string(text) +
         "'";
}

}  // namespace agentd
