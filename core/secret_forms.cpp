#include <algorithm>
#include <array>

#include "core/json_text.h"
#include "core/secret_filter.h"
#include "core/text.h"

namespace agentd {
namespace {

constexpr std::size_t kShortest = 6;
constexpr std::string_view kLower = "0123456789abcdef", kUpper = "0123456789ABCDEF";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// `before` comes before each byte.
std::string hex(std::string_view bytes, std::string_view digits, std::string_view before = "") {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += before;
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

/// With `offset` bytes before it: the characters that hold bits of the secret alone.
std::string base64_inside(std::string_view secret, std::size_t offset, std::string_view alphabet) {
  const auto bit = [&](std::size_t at) {
    const auto byte = static_cast<unsigned char>(secret[at / 8 - offset]);
    return static_cast<std::size_t>(byte >> (7 - at % 8) & 1);
  };
  std::string out;
  const std::size_t end = 8 * (offset + secret.size());
  for (std::size_t at = (8 * offset + 5) / 6 * 6; at + 6 <= end; at += 6) {
    std::size_t index = 0;
    for (std::size_t i = 0; i < 6; ++i) index = index << 1 | bit(at + i);
    out += alphabet[index];
  }
  return out;
}

std::string replaced(std::string text, std::string_view part, std::string_view other) {
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += other.size())
    text.replace(at, part.size(), other);
  return text;
}

/// As RFC 8259 wants it; as PHP does; as Go does, for HTML. Bytes that are no text have no form in JSON.
std::set<std::string> in_json(std::string_view secret) {
  if (to_valid_utf8(secret) != secret) return {};
  std::string quoted;
  append_json_string(quoted, secret);
  const std::string plain = quoted.substr(1, quoted.size() - 2);
  const std::string html =
      replaced(replaced(replaced(plain, "<", "\\u003c"), ">", "\\u003e"), "&", "\\u0026");
  return {plain, replaced(plain, "/", "\\/"), html};
}

/// %2F → %2f
std::string lower_escapes(std::string text) {
  for (std::size_t at = 0; (at = text.find('%', at)) != std::string::npos; at += 3)
    for (std::size_t i = at + 1; i < at + 3; ++i)
      if (text[i] >= 'A' && text[i] <= 'F') text[i] = static_cast<char>(text[i] - 'A' + 'a');
  return text;
}

/// What stays as it is by RFC 3986, for Python's quote, for JavaScript, in forms; and nothing at all.
std::set<std::string> in_urls(std::string_view secret) {
  const std::array urls = {percent_encode(secret), percent_encode(secret, "-._~/"),
                           percent_encode(secret, "-._~!'()*"),
                           replaced(percent_encode(secret, "-._*"), "%20", "+"), hex(secret, kUpper, "%")};
  std::set<std::string> forms(urls.begin(), urls.end());
  for (const std::string& url : urls) forms.insert(lower_escapes(url));
  return forms;
}

/// As it is, and as clients send it that put it into Basic credentials.
std::set<std::string> in_base64(std::string_view secret) {
  std::set<std::string> forms;
  for (const std::string& text : {std::string(secret), percent_encode(secret)})
    for (std::size_t offset = 0; offset < 3; ++offset)
      for (const std::string_view alphabet : {kBase64, kBase64Url})
        forms.insert(base64_inside(text, offset, alphabet));
  return forms;
}

/// "Bearer abc" → "abc"
std::string_view without_scheme(std::string_view value) {
  for (const std::string_view scheme : {"Bearer ", "bearer ", "Basic ", "basic "})
    if (value.starts_with(scheme)) return value.substr(scheme.size());
  return value;
}

}  // namespace

std::set<std::string> secret_forms(std::string_view secret) {
  secret = without_scheme(secret);
  if (secret.size() < kShortest) return {};
  std::set<std::string> written{std::string(secret), hex(secret, kLower), hex(secret, kUpper)};
  written.merge(in_json(secret));
  written.merge(in_urls(secret));
  written.merge(in_base64(secret));
  std::set<std::string> forms;
  for (const std::string& form : written) {
    Unbroken unbroken;
    unbroken.append(form);
    const bool is_in_mask = kSecretMask.find(unbroken.text()) != std::string_view::npos;
    if (unbroken.text().size() >= kShortest && !is_in_mask) forms.insert(unbroken.text());
  }
  return forms;
}

}  // namespace agentd
