#include <cstdint>
#include <cstdlib>
#include <string>
#include <tuple>
#include <vector>

#include "core/model/event_stream.h"
#include "tests/support/event_frame.h"

// However a stream is split, its frames are the same: of any bytes, and of bytes with the checksums put
// right, which no mutation would find.

namespace {

using Frames = std::vector<std::tuple<std::string, std::string, std::string>>;

Frames decode(std::string_view stream, std::size_t size) {
  Frames frames;
  agentd::EventStreamDecoder decoder([&](const agentd::EventFrame& frame) {
    frames.emplace_back(frame.message_type, frame.type, frame.payload);
  });
  for (std::size_t at = 0; at < stream.size(); at += size) decoder.feed(stream.substr(at, size));
  return frames;
}

void check(std::string_view stream, std::size_t size) {
  if (decode(stream, stream.size() + 1) != decode(stream, size)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t piece = 1 + data[0] % 16, headers = data[1] % (bytes.size() + 1);
  check(bytes, piece);
  const std::string frame = agentd::frame_of(bytes.substr(0, headers), bytes.substr(headers));
  check(frame + frame, piece);
  return 0;
}
