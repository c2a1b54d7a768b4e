#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentd {

/// Where a request may go: public addresses, and what a task opens beside them.
struct Reach {
  /// "host", "host:port", an address such as "10.0.0.5" or "[::1]:8080", a network such as "10.0.0.0/8".
  std::vector<std::string> allow;
  bool operator==(const Reach&) const = default;
};

/// An IPv4 address (4 bytes) or an IPv6 address (16).
struct IpAddress {
  std::array<unsigned char, 16> bytes = {};
  std::size_t size = 0;
  bool operator==(const IpAddress&) const = default;
};
/// The usual notations alone, without brackets: neither 0x7f.1 nor 2130706433.
std::optional<IpAddress> parse_address(const std::string& text);
std::string to_string(const IpAddress& address);

/// An address of the open internet, not one of this machine, its network or its cloud.
bool is_public(const IpAddress& address);
/// Whether that is "ADDRESS/BITS" or an address, and holds the address.
bool network_contains(std::string_view network, const IpAddress& address);

/// Whether the task opens all that a host's name leads to.
bool may_reach(const Reach& reach, std::string_view host, int port);
bool may_reach(const Reach& reach, const IpAddress& address, int port);

/// What is wrong with an entry of `allow`; empty: nothing.
std::string allow_problem(std::string_view entry);

}  // namespace agentd
