#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "core/sse.h"

// However a stream is split, its events are the same.

namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

Events decode(std::string_view stream, std::size_t size) {
  Events events;
  agentd::SseDecoder decoder(
      [&](std::string_view type, std::string_view data) { events.emplace_back(type, data); });
  for (std::size_t at = 0; at < stream.size(); at += size) decoder.feed(stream.substr(at, size));
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (decode(stream, size) != decode(stream, 1 + data[0] % 16)) std::abort();
  return 0;
}
