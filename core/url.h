#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace agentd {

/// An http or https URL in parts, as strict as can be: what passes has one meaning for every reader.
struct Url {
  std::string scheme;  ///< http | https
  std::string host;    ///< in lower case; an IPv6 address in its brackets
  int port = 0;
  std::string path = "/";  ///< begins with '/'; without dot segments
  std::string query;       ///< with its '?', or empty
  bool operator==(const Url&) const = default;
};

/// None for other schemes, for a user before an '@', and for what is no URL. A fragment is left out; spaces,
/// control and non-ASCII characters behind the host become %XX.
std::optional<Url> parse_url(std::string_view text);
/// Where a reference found in the document of that address leads. None: to nothing that HTTP can fetch.
std::optional<Url> resolve_url(const Url& from, std::string_view reference);
std::string to_string(const Url& url);
/// Scheme, host and port: what may see the same secrets.
bool same_origin(const Url& a, const Url& b);

}  // namespace agentd
