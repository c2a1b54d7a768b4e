#include "core/model/event_stream.h"

#include <array>
#include <cstdint>
#include <optional>

namespace agentd {
namespace {

// A frame: u32 length of all, u32 length of the headers, u32 checksum of these 8 bytes, headers, payload, u32
// checksum of all before. Big-endian.
constexpr std::size_t kPrelude = 12;
constexpr std::size_t kChecksum = 4;

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0xEDB88320U ^ (value >> 1) : value >> 1;
    table[i] = value;
  }
  return table;
}();

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char c : bytes) crc = kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

/// Takes numbers and texts off the front of bytes; what is not there is none.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool is_empty() const { return rest_.empty(); }

  std::optional<std::string_view> bytes(std::size_t count) {
    if (count > rest_.size()) return {};
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::optional<std::uint32_t> number(std::size_t size) {
    const auto taken = bytes(size);
    if (!taken) return {};
    std::uint32_t value = 0;
    for (const char c : *taken) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  /// Bytes behind a length of so many bytes.
  std::optional<std::string_view> text(std::size_t length_size) {
    const auto length = number(length_size);
    return length ? bytes(*length) : std::nullopt;
  }

 private:
  std::string_view rest_;
};

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  return Reader(bytes.substr(at)).number(4).value_or(0);
}

constexpr std::uint32_t kText = 7;

/// The value's bytes, by its type: true, false, i8, i16, i32, i64, bytes, text, time, uuid.
std::optional<std::string_view> read_value(Reader& reader, std::uint32_t type) {
  constexpr std::array<std::size_t, 10> kSizes = {0, 0, 1, 2, 4, 8, 0, 0, 8, 16};
  if (type >= kSizes.size()) return {};
  return type == 6 || type == kText ? reader.text(2) : reader.bytes(kSizes[type]);
}

/// False for headers that are none.
bool read_headers(std::string_view bytes, EventFrame& frame) {
  Reader reader(bytes);
  while (!reader.is_empty()) {
    const auto name = reader.text(1);
    const auto type = reader.number(1);
    if (!name || !type) return false;
    const auto value = read_value(reader, *type);
    if (!value) return false;
    if (*type != kText) continue;
    if (*name == ":message-type") frame.message_type = *value;
    if (*name == ":event-type" || *name == ":exception-type" || *name == ":error-code") frame.type = *value;
    if (*name == ":error-message") frame.payload = *value;
  }
  return true;
}

}  // namespace

bool EventStreamDecoder::feed(std::string_view bytes) {
  if (broken_) return false;
  buffer_ += bytes;
  std::string_view rest = buffer_;
  while (!broken_ && rest.size() >= kPrelude) {
    if (wanted_ == 0) {
      wanted_ = number_at(rest, 0);
      const bool possible = wanted_ >= kPrelude + kChecksum && wanted_ <= max_frame_bytes_ &&
                            number_at(rest, 4) <= wanted_ - kPrelude - kChecksum;
      broken_ = !possible || crc32(rest.substr(0, 8)) != number_at(rest, 8);
    }
    if (broken_ || rest.size() < wanted_) break;
    broken_ = !take(rest.substr(0, wanted_));
    rest.remove_prefix(wanted_);
    wanted_ = 0;
  }
  buffer_.erase(0, buffer_.size() - rest.size());
  return !broken_;
}

/// A whole frame, whose lengths were found to be right.
bool EventStreamDecoder::take(std::string_view frame) {
  const std::size_t end = frame.size() - kChecksum;
  if (crc32(frame.substr(0, end)) != number_at(frame, end)) return false;
  const std::size_t headers = number_at(frame, 4);
  EventFrame event;
  if (!read_headers(frame.substr(kPrelude, headers), event)) return false;
  if (event.message_type != "error")
    event.payload = frame.substr(kPrelude + headers, end - kPrelude - headers);
  on_frame_(event);
  return true;
}

}  // namespace agentd
