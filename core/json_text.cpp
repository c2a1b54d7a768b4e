#include "core/json_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <utility>

#include "core/text.h"

namespace agentd {
namespace {

constexpr int kMaxDepth = 200;
constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;

/// Eight bytes, the first in the lowest bits; behind the end stands text.
std::uint64_t load(std::string_view text, std::size_t at) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word = kOnes * 'x';
  if (at + 8 <= text.size()) {
    std::memcpy(&word, text.data() + at, 8);
  } else {
    std::memcpy(&word, text.data() + at, text.size() - at);
  }
  return word;
}

/// How many of the eight bytes a JSON string can hold as they are, from the first on.
std::size_t plain_count(std::uint64_t word) {
  // A high bit for each zero byte; those above the lowest may be wrong.
  const auto zeros = [](std::uint64_t w) { return (w - kOnes) & ~w & kHighs; };
  const std::uint64_t controls = (word - kOnes * 0x20) & ~word & kHighs;
  const std::uint64_t found = controls | zeros(word ^ (kOnes * '"')) | zeros(word ^ (kOnes * '\\'));
  return found == 0 ? 8 : static_cast<std::size_t>(std::countr_zero(found)) / 8;
}

/// The first byte from `at` on that a JSON string cannot hold as it is.
std::size_t plain_end(std::string_view text, std::size_t at) {
  std::size_t count = 8;
  for (; at < text.size() && count == 8; at += count) count = plain_count(load(text, at));
  return std::min(at, text.size());
}

bool is_ascii(std::string_view text) {
  std::uint64_t all = 0;
  for (std::size_t at = 0; at < text.size(); at += 8) all |= load(text, at);
  return (all & kHighs) == 0;
}

/// The letter of the escapes of two characters; 0 for what has none.
char short_escape(char c) {
  switch (c) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return c == '"' || c == '\\' ? c : '\0';
  }
}

/// Returns how many bytes it wrote, at most 6.
std::size_t write_escape(char* to, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  const char letter = short_escape(c);
  const char escape[] = {'\\', letter != '\0' ? letter : 'u', '0', '0', kHex[(c >> 4) & 15], kHex[c & 15]};
  std::memcpy(to, escape, sizeof escape);
  return letter != '\0' ? 2 : 6;
}

/// Eight bytes at a time by way of a buffer: an append to the string for every line end and quote would take
/// twice as long.
void append_escaped(std::string& out, std::string_view text) {
  std::array<char, 4096> buffer;
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint64_t word = load(text, at);
    std::memcpy(buffer.data() + used, &word, 8);
    const std::size_t plain = std::min(plain_count(word), text.size() - at);
    used += plain;
    at += plain;
    if (plain < 8 && at < text.size()) used += write_escape(buffer.data() + used, text[at++]);
    if (used + 16 > buffer.size()) out.append(buffer.data(), std::exchange(used, 0));
  }
  out.append(buffer.data(), used);
}

/// Reads by the grammar of RFC 8259; every function leaves `at_` behind what it accepted.
class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  bool is_value() {
    skip_space();
    if (!value(0)) return false;
    skip_space();
    return at_ == text_.size();
  }
  bool is_object() {
    skip_space();
    return peek() == '{' && is_value();
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  void skip_space() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r') ++at_;
  }

  bool value(int depth) {
    if (depth > kMaxDepth) return false;
    switch (peek()) {
      case '{':
        return list('}', depth);
      case '[':
        return list(']', depth);
      case '"':
        return string();
      case 't':
        return take("true");
      case 'f':
        return take("false");
      case 'n':
        return take("null");
      default:
        return number();
    }
  }

  bool list(char close, int depth) {
    ++at_;
    skip_space();
    if (take(close)) return true;
    do {
      skip_space();
      if (close == '}' && !key()) return false;
      if (!value(depth + 1)) return false;
      skip_space();
    } while (take(','));
    return take(close);
  }

  bool key() {
    if (!string()) return false;
    skip_space();
    if (!take(':')) return false;
    skip_space();
    return true;
  }

  bool string() {
    if (!take('"')) return false;
    for (;;) {
      at_ = plain_end(text_, at_);
      if (take('"')) return true;
      if (!take('\\') || !escape()) return false;
    }
  }

  bool escape() {
    const char kind = peek();
    if (kind == '\0' || std::string_view("\"\\/bfnrtu").find(kind) == std::string_view::npos) return false;
    ++at_;
    if (kind != 'u') return true;
    const std::string_view hex = text_.substr(at_, 4);
    at_ += hex.size();
    return hex.size() == 4 && hex.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  }

  bool digits() {
    const std::size_t begin = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ > begin;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (peek() != 'e' && peek() != 'E') return true;
    ++at_;
    if (!take('+')) take('-');
    return digits();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Of the escape \uXXXX at the begin of `text`; 0: it does not begin with one.
unsigned escaped_unit(std::string_view text) {
  unsigned unit = 0;
  if (text.size() < 6 || !text.starts_with("\\u")) return 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return end == text.data() + 6 ? unit : 0;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  if (is_ascii(text)) {
    append_escaped(out, text);
  } else {
    append_escaped(out, to_valid_utf8(text));
  }
  out += '"';
}

bool is_json(std::string_view text) {
  return Checker(text).is_value();
}

bool is_json_object(std::string_view text) {
  return Checker(text).is_object();
}

std::string with_whole_escapes(std::string_view json) {
  constexpr std::string_view kReplacement = "\\ufffd";
  std::string whole;
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t begin = std::min(json.find('\\', at), json.size());
    whole += json.substr(at, begin - at);
    const unsigned unit = escaped_unit(json.substr(begin)) & 0xFC00;
    const bool is_pair =
        unit == 0xD800 && (escaped_unit(json.substr(std::min(begin + 6, json.size()))) & 0xFC00) == 0xDC00;
    const bool is_half = !is_pair && (unit == 0xD800 || unit == 0xDC00);
    const std::size_t size = is_pair ? 12 : is_half ? 6 : 2;
    whole += is_half ? kReplacement : json.substr(begin, size);
    at = begin + size;
  }
  return whole;
}

}  // namespace agentd
