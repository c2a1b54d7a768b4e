#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/codec.h"

// What the fuzz targets of all decoders share. The first byte of an input chooses status and pieces; the rest
// is the body.

namespace agentd {

inline void require(bool promise) {
  if (!promise) std::abort();
}

inline ModelResult decode(const Codec& codec, std::string_view body, std::size_t size, int status) {
  const auto decoder = codec.decoder();
  decoder->head(status, {{"retry-after", std::string(body.substr(0, 29))},
                         {"date", "Sun, 22 Nov 2026 23:59:30 GMT"},
                         {"x-amzn-errortype", std::string(body.substr(0, 40))}});
  for (std::size_t at = 0; at < body.size(); at += size) decoder->body(body.substr(at, size));
  return decoder->finish({});
}

/// The same result in whatever pieces the body comes.
inline ModelResult decode_in_pieces(const Codec& codec, std::string_view body, std::uint8_t choice) {
  const int status = choice < 200 ? 200 : 300 + choice;
  const ModelResult result = decode(codec, body, body.size() + 1, status);
  require(result == decode(codec, body, 1 + choice % 16, status));
  return result;
}

inline std::string_view body_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data) + 1, size - 1};
}

/// The reply as a transcript has it, and a result for each of its calls.
inline void add_turn(std::vector<Message>& messages, const ModelReplied& reply, std::string_view result) {
  messages.push_back({.role = Role::Assistant,
                      .text = reply.text,
                      .calls = reply.calls,
                      .provider = reply.provider,
                      .provider_content = reply.provider_content});
  for (const ToolCall& call : reply.calls)
    messages.push_back({.role = Role::Tool, .text = std::string(result), .call = call});
}

}  // namespace agentd
