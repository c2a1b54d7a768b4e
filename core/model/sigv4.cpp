#include "core/model/sigv4.h"

#include <algorithm>
#include <vector>

#include "core/model/digest.h"
#include "core/text.h"

namespace agentd {
namespace {

struct UrlParts {
  std::string host;  ///< with the port, as the Host header has it
  std::string_view path;
  std::string_view query;
};

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

/// The Host header leaves out the scheme's own port, and so does curl.
std::string host_header(std::string_view scheme, std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) authority.remove_prefix(at + 1);
  const std::string_view own_port = scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(own_port)) authority.remove_suffix(own_port.size());
  return to_lower(authority);
}

UrlParts split_url(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const std::size_t mark = url.find("://");
  const std::string_view scheme = mark == std::string_view::npos ? "" : url.substr(0, mark);
  if (mark != std::string_view::npos) url.remove_prefix(mark + 3);
  const std::size_t path = std::min(url.find_first_of("/?"), url.size());
  const std::size_t query = std::min(url.find('?', path), url.size());
  UrlParts parts;
  parts.host = host_header(scheme, url.substr(0, path));
  parts.path = url.substr(path, query - path);
  parts.query = url.substr(std::min(query + 1, url.size()));
  return parts;
}

/// Every segment of the path as it is sent is encoded once more: %3A becomes %253A.
std::string canonical_path(std::string_view path) {
  std::string canonical;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    canonical += percent_encode(path.substr(0, slash));
    path.remove_prefix(slash);
    if (path.empty()) break;
    canonical += '/';
    path.remove_prefix(1);
  }
  return canonical.empty() ? "/" : canonical;
}

/// Sorted by name, then by value. Unlike the path it is not encoded again.
std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string_view, std::string_view>> members;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view member = query.substr(0, end);
    const std::size_t equals = std::min(member.find('='), member.size());
    if (!member.empty())
      members.emplace_back(member.substr(0, equals), member.substr(std::min(equals + 1, member.size())));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  std::sort(members.begin(), members.end());
  std::string canonical;
  for (const auto& [name, value] : members) {
    canonical.append(canonical.empty() ? "" : "&").append(name).append("=").append(value);
  }
  return canonical;
}

struct CanonicalRequest {
  std::string text;
  std::string signed_headers;
};

/// Their names in the order that the signature wants.
constexpr const char* kSignedHeaders[] = {"content-type", "host", "x-amz-date", "x-amz-security-token"};

CanonicalRequest canonical_request(const HttpRequest& request) {
  const UrlParts url = split_url(request.url);
  CanonicalRequest canonical;
  std::string headers;
  for (const char* name : kSignedHeaders) {
    const std::string* value =
        std::string_view(name) == "host" ? &url.host : find_header(request.headers, name);
    if (value == nullptr) continue;
    headers.append(name).append(":").append(*value).append("\n");
    canonical.signed_headers.append(canonical.signed_headers.empty() ? "" : ";").append(name);
  }
  canonical.text = request.method + "\n" + canonical_path(url.path) + "\n" + canonical_query(url.query) +
                   "\n" + headers + "\n" + canonical.signed_headers + "\n" + to_hex(sha256(request.body));
  return canonical;
}

/// 20150830T123600Z
std::string basic_time(std::int64_t wall_ms) {
  std::string time = format_time(wall_ms);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return time;
}

std::string signing_key(const std::string& secret, std::string_view date, const SigningScope& scope) {
  const std::string of_date = hmac_sha256("AWS4" + secret, date);
  return hmac_sha256(hmac_sha256(hmac_sha256(of_date, scope.region), scope.service), "aws4_request");
}

}  // namespace

void sign_request(HttpRequest& request, const AwsCredentials& credentials, const SigningScope& scope,
                  std::int64_t wall_ms) {
  const std::string time = basic_time(wall_ms), date = time.substr(0, 8);
  request.headers.emplace_back("X-Amz-Date", time);
  if (!credentials.session_token.empty())
    request.headers.emplace_back("X-Amz-Security-Token", credentials.session_token);
  const CanonicalRequest canonical = canonical_request(request);
  const std::string place = date + "/" + scope.region + "/" + scope.service + "/aws4_request";
  const std::string to_sign =
      "AWS4-HMAC-SHA256\n" + time + "\n" + place + "\n" + to_hex(sha256(canonical.text));
  const std::string key = signing_key(credentials.secret_access_key, date, scope);
  request.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=" + credentials.access_key_id +
                                                    "/" + place +
                                                    ", SignedHeaders=" + canonical.signed_headers +
                                                    ", Signature=" + to_hex(hmac_sha256(key, to_sign)));
}

}  // namespace agentd
