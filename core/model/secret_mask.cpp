#include "core/model/secret_mask.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/text.h"

namespace agentd {
namespace {

using nlohmann::ordered_json;

/// The character behind \u; those that no key has stay as they are.
bool append_code(std::string& out, std::string_view digits) {
  unsigned int code = 0;
  if (digits.size() < 4) return false;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + 4, code, 16);
  if (error != std::errc() || end != digits.data() + 4 || code >= 0x80) return false;
  out += static_cast<char>(code);
  return true;
}

/// With the escapes of JSON resolved once, whether or not the text is JSON.
std::string unescaped(std::string_view text) {
  constexpr std::string_view kEscapes = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t escape =
        text[at] == '\\' && at + 1 < text.size() ? kEscapes.find(text[at + 1]) : std::string_view::npos;
    if (escape != std::string_view::npos) {
      out += kMeanings[escape];
      ++at;
    } else if (text.substr(at, 2) == "\\u" && append_code(out, text.substr(at + 2))) {
      at += 5;
    } else {
      out += text[at];
    }
  }
  return out;
}

bool hides_a_secret(std::string text, const std::vector<std::string>& secrets) {
  constexpr int kDeepest = 4;  // a text in JSON in a text in JSON
  for (int depth = 0; depth < kDeepest && text.find('\\') != std::string::npos; ++depth) {
    text = unescaped(text);
    if (mask(text, secrets) != text) return true;
  }
  return false;
}

ordered_json masked(const ordered_json& json, const std::vector<std::string>& secrets) {
  if (json.is_string()) return mask_reply(json.get<std::string>(), secrets);
  if (!json.is_structured()) return json;
  ordered_json out = json.is_array() ? ordered_json::array() : ordered_json::object();
  for (const auto& [key, value] : json.items())
    if (json.is_array())
      out.push_back(masked(value, secrets));
    else
      out[mask_reply(key, secrets)] = masked(value, secrets);
  return out;
}

}  // namespace

std::string mask_reply(std::string text, const std::vector<std::string>& secrets) {
  text = mask(std::move(text), secrets);
  if (!hides_a_secret(text, secrets)) return text;
  if (!is_json(text)) return mask_reply(unescaped(text), secrets);
  const ordered_json json = ordered_json::parse(text, nullptr, false);
  return masked(json, secrets).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void MaskedRefusals::head(int status, const HttpHeaders& headers) {
  status_ = status;
  sink_.head(status, headers);
}

void MaskedRefusals::body(std::string_view bytes) {
  constexpr std::size_t kMost = 256 << 10;
  if (has_succeeded())
    sink_.body(bytes);
  else
    refusal_ += bytes.substr(0, kMost - std::min(kMost, refusal_.size()));
}

void MaskedRefusals::end() {
  if (!refusal_.empty()) sink_.body(mask_(std::move(refusal_)));
}

}  // namespace agentd
