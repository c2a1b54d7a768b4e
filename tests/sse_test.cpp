#include "core/sse.h"

#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace agentd {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

/// All events of a stream that comes in pieces of `size` bytes.
Events decode(const std::string& stream, std::size_t size) {
  Events events;
  SseDecoder decoder([&](std::string_view type, std::string_view data) { events.emplace_back(type, data); });
  for (std::size_t at = 0; at < stream.size(); at += size)
    decoder.feed(std::string_view(stream).substr(at, size));
  return events;
}

struct Case {
  std::string promise;
  std::string stream;
  Events events;
};

const std::vector<Case> kCases = {
    {"lines end in LF", "data: a\n\ndata: b\n\n", {{"", "a"}, {"", "b"}}},
    {"lines end in CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", {{"", "a"}, {"", "b"}}},
    {"lines end in CR", "data: a\r\rdata: b\r\r", {{"", "a"}, {"", "b"}}},
    {"line ends may be mixed", "data: a\r\n\ndata: b\r\r\ndata: c\n\r", {{"", "a"}, {"", "b"}, {"", "c"}}},
    {"an event has a type", "event: ping\ndata: a\n\ndata: b\n\n", {{"ping", "a"}, {"", "b"}}},
    {"the last type counts", "event: x\nevent: y\ndata: a\n\n", {{"y", "a"}}},
    {"data lines are joined with LF", "data: a\ndata:\ndata: b\n\n", {{"", "a\n\nb"}}},
    {"one space after the colon is optional", "data:a\n\ndata:  b\n\n", {{"", "a"}, {"", " b"}}},
    {"comments are skipped", ": hello\ndata: a\n:\n\n:bye\n\n", {{"", "a"}}},
    {"other fields are skipped", "id: 1\nretry: 5\nx\nDATA: no\n data: no\ndata: a\n\n", {{"", "a"}}},
    {"a field may have no colon", "data\ndata\n\n", {{"", "\n"}}},
    {"an event without data is none", "event: ping\n\ndata: a\n\n", {{"", "a"}}},
    {"empty data is data", "data\n\n", {{"", ""}}},
    {"a byte order mark may come first",
     "\xEF\xBB\xBF"
     "data: a\n\n",
     {{"", "a"}}},
    {"a byte order mark later is text",
     "\n\xEF\xBB\xBF"
     "data: a\n\n",
     {}},
    {"bytes are left as they are", "data: \xff\x01\xc3\n\n", {{"", "\xff\x01\xc3"}}},
    {"an event without its blank line is dropped", "data: a\n\ndata: b\n", {{"", "a"}}},
    {"nothing is nothing", "", {}},
    {"blank lines are nothing", "\n\r\n\r\r\n", {}},
};

}  // namespace

TEST_CASE("every legal framing gives the same events, however the bytes are split") {
  for (const Case& c : kCases) {
    INFO(c.promise);
    for (std::size_t size = 1; size <= c.stream.size() + 1; ++size) CHECK(decode(c.stream, size) == c.events);
  }
}

TEST_CASE("an event longer than the limit ends the decoding for good") {
  int events = 0;
  SseDecoder decoder([&](std::string_view, std::string_view) { ++events; }, 10);
  CHECK(decoder.feed("data: 1234\n\n"));
  CHECK(decoder.feed("data: 1\ndata"));
  CHECK_FALSE(decoder.feed(": 23456789"));
  CHECK_FALSE(decoder.feed("\n\ndata: 1\n\n"));
  CHECK(events == 1);
}

TEST_CASE("many events without end take no more memory than one") {
  std::size_t events = 0;
  SseDecoder decoder([&](std::string_view, std::string_view) { ++events; }, 100);
  for (int i = 0; i < 1000; ++i) CHECK(decoder.feed("event: x\n: comment\ndata: hello\n\n"));
  CHECK(events == 1000);
}

TEST_CASE("an event stream says where to go on from and when") {
  struct Row {
    std::string promise;
    std::string stream;
    std::string last_id;
    std::optional<std::int64_t> retry_ms;
  };
  const std::vector<Row> rows = {
      {"the last id counts", "id: 1\ndata: a\n\nid: 2\ndata: b\n\n", "2", {}},
      {"an event without data has an id too", "id: 7\nretry: 500\ndata:\n\n", "7", 500},
      {"an event that has not ended does not count", "id: 1\ndata: a\n\nid: 2\ndata: b\n", "1", {}},
      {"an event without an id leaves it", "id: 1\ndata: a\n\ndata: b\n\n", "1", {}},
      {"an empty id takes it back", "id: 1\ndata: a\n\nid\ndata: b\n\n", "", {}},
      {"a wait is a number", "retry: soon\nretry: -1\nretry: 1.5\n\n", "", {}},
      {"a wait stands at once", "retry: 20\n", "", 20},
  };
  for (const Row& row : rows) {
    INFO(row.promise);
    SseDecoder decoder([](std::string_view, std::string_view) {});
    for (const char byte : row.stream) decoder.feed({&byte, 1});
    REQUIRE(decoder.last_id() == row.last_id);
    REQUIRE(decoder.retry_ms() == row.retry_ms);
  }
}

}  // namespace agentd
