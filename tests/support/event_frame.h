#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentd {

// Frames of application/vnd.amazon.eventstream, written independently of their decoder: bit by bit.

inline std::uint32_t slow_crc32(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xEDB88320U & (0U - (crc & 1)));
  }
  return ~crc;
}

inline std::string big_endian(std::uint64_t value, int size) {
  std::string bytes;
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

inline std::string text_header(std::string_view name, std::string_view value) {
  return big_endian(name.size(), 1).append(name) + '\x07' + big_endian(value.size(), 2).append(value);
}

/// `headers` as bytes.
inline std::string frame_of(std::string_view headers, std::string_view payload) {
  std::string frame = big_endian(headers.size() + payload.size() + 16, 4) + big_endian(headers.size(), 4);
  frame += big_endian(slow_crc32(frame), 4);
  frame.append(headers).append(payload);
  return frame + big_endian(slow_crc32(frame), 4);
}

inline std::string event_frame(std::string_view type, std::string_view payload) {
  return frame_of(text_header(":event-type", type) + text_header(":content-type", "application/json") +
                      text_header(":message-type", "event"),
                  payload);
}

inline std::string exception_frame(std::string_view type, std::string_view payload) {
  return frame_of(text_header(":exception-type", type) + text_header(":content-type", "application/json") +
                      text_header(":message-type", "exception"),
                  payload);
}

}  // namespace agentd
