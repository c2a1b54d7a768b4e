#include "core/url.h"

#include <algorithm>
#include <charconv>

#include "core/text.h"

namespace agentd {
namespace {

constexpr std::size_t kLongest = 8'192;  // servers take no longer ones

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

/// The scheme that the text begins with, without its colon; empty: it is a relative reference.
std::string_view scheme_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text[0])) return {};
  const std::string_view scheme = text.substr(0, colon);
  const auto fits = [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; };
  return std::all_of(scheme.begin(), scheme.end(), fits) ? scheme : std::string_view();
}

/// Some write them around and into URLs; none is part of one.
std::string cleaned(std::string_view text) {
  std::string result;
  for (const char c : trimmed(text, " \t\r\n\f"))
    if (c != '\t' && c != '\r' && c != '\n') result += c;
  return result;
}

std::string encoded(std::string_view text) {
  constexpr std::string_view kUnsafe = " \"<>\\^`{|}";
  std::string result;
  for (const char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || kUnsafe.find(c) != std::string_view::npos)
      result += percent_encode({&c, 1});
    else
      result += c;
  }
  return result;
}

/// A path without "." and "..": also those in disguise, which servers take for the same.
std::string without_dots(std::string_view path) {
  std::string result;
  bool is_folder = true;
  while (!path.empty()) {
    path.remove_prefix(1);  // '/'
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    std::string plain = lower(segment);
    for (std::size_t at; (at = plain.find("%2e")) != std::string::npos;) plain.replace(at, 3, ".");
    is_folder = plain == "." || plain == "..";
    if (plain == "..")
      result.erase(std::min(result.rfind('/'), result.size()));
    else if (plain != ".")
      result.append("/").append(segment);
  }
  return is_folder ? result + "/" : result;
}

bool set_port(Url& url, std::string_view text) {
  url.port = url.scheme == "https" ? 443 : 80;
  if (text.empty()) return true;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), url.port);
  return error == std::errc() && end == text.data() + text.size() && url.port > 0 && url.port <= 65535;
}

/// "host", "host:port", "[v6]:port". A user is refused: https://bank.example@elsewhere.example misleads.
bool set_authority(Url& url, std::string_view text) {
  constexpr std::string_view kRefused = "@\\%\"<>^`{|}[] ";
  std::size_t end = std::min(text.find(':'), text.size());
  if (text.starts_with('[')) {
    end = std::min(text.find(']'), text.size() - 1) + 1;
    url.host = lower(text.substr(0, end));
    if (!url.host.ends_with(']') || url.host.find_first_not_of("[]0123456789abcdef:.") != std::string::npos)
      return false;
  } else {
    url.host = lower(text.substr(0, end));
    const auto is_control = [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; };
    if (url.host.empty() || url.host.find_first_of(kRefused) != std::string::npos ||
        std::any_of(url.host.begin(), url.host.end(), is_control))
      return false;
  }
  if (end < text.size() && text[end] != ':') return false;
  return set_port(url, text.substr(std::min(end + 1, text.size())));
}

/// What follows the authority: path and query.
void set_rest(Url& url, std::string_view text) {
  text = text.substr(0, text.find('#'));
  const std::size_t mark = std::min(text.find('?'), text.size());
  url.query = encoded(text.substr(mark));
  url.path = mark == 0 ? "/" : without_dots(encoded(text.substr(0, mark)));
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  const std::string clean = cleaned(text);
  const std::string_view scheme = scheme_of(clean);
  Url url;
  url.scheme = lower(scheme);
  if (clean.size() > kLongest || (url.scheme != "http" && url.scheme != "https")) return std::nullopt;
  std::string_view rest = std::string_view(clean).substr(scheme.size() + 1);
  if (!rest.starts_with("//")) return std::nullopt;
  rest.remove_prefix(2);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  if (!set_authority(url, rest.substr(0, end))) return std::nullopt;
  set_rest(url, rest.substr(end));
  return url;
}

std::optional<Url> resolve_url(const Url& from, std::string_view reference) {
  const std::string clean = cleaned(reference);
  if (clean.size() > kLongest) return std::nullopt;
  if (!scheme_of(clean).empty()) return parse_url(clean);
  if (clean.starts_with("//")) return parse_url(from.scheme + ":" + clean);
  Url url = from;
  if (clean.empty() || clean[0] == '#') return url;
  if (clean[0] == '/') {
    set_rest(url, clean);
  } else if (clean[0] == '?') {
    url.query = encoded(std::string_view(clean).substr(0, clean.find('#')));
  } else {
    set_rest(url, from.path.substr(0, from.path.rfind('/') + 1) + clean);
  }
  return url;
}

std::string to_string(const Url& url) {
  const bool is_usual = url.port == (url.scheme == "https" ? 443 : 80);
  return url.scheme + "://" + url.host + (is_usual ? "" : ":" + std::to_string(url.port)) + url.path +
         url.query;
}

bool same_origin(const Url& a, const Url& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

}  // namespace agentd
