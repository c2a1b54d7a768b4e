#include "core/model/event_stream.h"

#include "tests/support/catch.h"
#include "tests/support/event_frame.h"

namespace agentd {
namespace {

using namespace std::literals;

struct Decoded {
  std::vector<std::string> frames = {};  ///< "message type|type|payload"
  bool ok = true;
  bool operator==(const Decoded&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Decoded& decoded) {
  for (const std::string& frame : decoded.frames) out << frame << '\n';
  return out << (decoded.ok ? "ok" : "broken");
}

Decoded decode(std::string_view stream, std::size_t size, std::size_t limit = 24 << 20) {
  Decoded decoded;
  EventStreamDecoder decoder(
      [&](const EventFrame& frame) {
        decoded.frames.push_back(std::string(frame.message_type) + "|" + std::string(frame.type) + "|" +
                                 std::string(frame.payload));
      },
      limit);
  for (std::size_t at = 0; at < stream.size(); at += size) decoded.ok = decoder.feed(stream.substr(at, size));
  return decoded;
}

/// The same, in whatever pieces.
Decoded decode_all(std::string_view stream) {
  const Decoded whole = decode(stream, stream.size() + 1);
  for (std::size_t size = 1; size <= stream.size(); ++size) CHECK(decode(stream, size) == whole);
  return whole;
}

std::string header(std::string_view name, char type, std::string_view value) {
  return big_endian(name.size(), 1).append(name) + type + std::string(value);
}

std::string with_number(std::string frame, std::size_t at, std::uint32_t value) {
  return frame.replace(at, 4, big_endian(value, 4));
}

}  // namespace

TEST_CASE("a frame is what its published example says") {
  // From the test vectors that the AWS SDKs share: no headers, and a payload of {'foo':'bar'}.
  const std::string bytes =
      "\x00\x00\x00\x1d\x00\x00\x00\x00\xfd\x52\x8c\x5a"
      "{'foo':'bar'}"
      "\xc3\x65\x39\x36"s;
  CHECK(decode_all(bytes) == Decoded{{"||{'foo':'bar'}"}});
  CHECK(frame_of("", "{'foo':'bar'}") == bytes);
}

TEST_CASE("frames come out in order, however the bytes are split") {
  const std::string stream = event_frame("messageStart", R"({"role":"assistant"})") +
                             event_frame("empty", "") +
                             exception_frame("throttlingException", R"({"message":"slow"})");
  CHECK(decode_all(stream) == Decoded{{R"(event|messageStart|{"role":"assistant"})", "event|empty|",
                                       R"(exception|throttlingException|{"message":"slow"})"}});
}

TEST_CASE("headers of every type are passed over") {
  const std::string headers = header("true", 0, "") + header("false", 1, "") + header("i8", 2, "a") +
                              header("i16", 3, "ab") + header("i32", 4, "abcd") +
                              header("i64", 5, "abcdefgh") + header("bytes", 6, "\x00\x03xyz"sv) +
                              header("", 7, "\x00\x00"sv) + header(":event-type", 6, "\x00\x01n"sv) +
                              header("time", 8, "abcdefgh") + header("uuid", 9, "abcdefghabcdefgh") +
                              text_header(":message-type", "event") + text_header(":event-type", "metadata");
  CHECK(decode_all(frame_of(headers, "{}")) == Decoded{{"event|metadata|{}"}});
}

TEST_CASE("an error has its message for a payload") {
  const std::string headers = text_header(":message-type", "error") +
                              text_header(":error-code", "InternalError") +
                              text_header(":error-message", "It broke.");
  CHECK(decode_all(frame_of(headers, "")) == Decoded{{"error|InternalError|It broke."}});
}

TEST_CASE("a stream that is cut gives its whole frames") {
  const std::string first = event_frame("a", "1"), stream = first + event_frame("b", "2");
  for (std::size_t end = 0; end < stream.size(); ++end)
    CHECK(decode(stream.substr(0, end), 7) ==
          Decoded{end < first.size() ? std::vector<std::string>{} : std::vector<std::string>{"event|a|1"}});
}

TEST_CASE("one wrong bit anywhere ends the decoding for good") {
  const std::string good = event_frame("a", "{}");
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      const Decoded decoded = decode(bad + good + good, 11);
      CHECK(decoded.frames.empty());
      CHECK_FALSE(decoded.ok);
    }
  }
}

TEST_CASE("impossible lengths are refused before anything is waited for") {
  const auto prelude = [](std::uint32_t total, std::uint32_t headers) {
    const std::string lengths = big_endian(total, 4) + big_endian(headers, 4);
    return lengths + big_endian(slow_crc32(lengths), 4);
  };
  CHECK_FALSE(decode(prelude(0xFFFFFFFF, 0), 12).ok);
  CHECK_FALSE(decode(prelude((24 << 20) + 1, 0), 12).ok);
  CHECK(decode(prelude(24 << 20, 0), 12).ok);
  CHECK_FALSE(decode(prelude(0, 0), 12).ok);
  CHECK_FALSE(decode(prelude(15, 0), 12).ok);
  CHECK_FALSE(decode(prelude(20, 5), 12).ok);
  CHECK_FALSE(decode(prelude(20, 0xFFFFFFFF), 12).ok);
  CHECK_FALSE(decode(with_number(event_frame("a", "{}"), 8, 0), 12).ok);
  CHECK(decode_all(frame_of("", "")) == Decoded{{"||"}});
}

TEST_CASE("headers that do not fit their length or have an unknown type are refused") {
  CHECK_FALSE(decode_all(frame_of("\x05name", "")).ok);
  CHECK_FALSE(decode_all(frame_of("\x04name", "")).ok);
  CHECK_FALSE(decode_all(frame_of(header("name", 7, "\x00\x09x"sv), "payload")).ok);
  CHECK_FALSE(decode_all(frame_of(header("name", 7, "\x00"sv), "payload")).ok);
  CHECK_FALSE(decode_all(frame_of(header("name", 5, "abc"), "payload")).ok);
  CHECK_FALSE(decode_all(frame_of(header("name", 10, ""), "payload")).ok);
}

TEST_CASE("many frames take no more memory than one, and a long one takes its time once") {
  std::size_t frames = 0;
  EventStreamDecoder decoder([&](const EventFrame& frame) { frames += frame.payload.size(); }, 2 << 20);
  const std::string small = event_frame("a", "x"), large = event_frame("a", std::string(1 << 20, 'x'));
  for (int i = 0; i < 1000; ++i) CHECK(decoder.feed(small));
  for (const char& c : large) decoder.feed({&c, 1});
  CHECK(frames == 1000 + (1 << 20));
}

}  // namespace agentd
