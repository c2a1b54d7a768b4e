#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace agentd {

/// Server-sent events out of a byte stream that may be split anywhere. An event without data is not handed
/// over; one that its blank line did not follow is dropped.
class SseDecoder {
 public:
  /// `data` is valid during the call only. `type` is empty where the event named none.
  using OnEvent = std::function<void(std::string_view type, std::string_view data)>;

  explicit SseDecoder(OnEvent on_event, std::size_t max_event_bytes = 64 << 20)
      : on_event_(std::move(on_event)), max_event_bytes_(max_event_bytes) {}

  /// False, now and ever after, once an event was longer than the limit.
  bool feed(std::string_view bytes);

  /// Where to go on from: the id of the last event that had one, with or without data. Empty: none had.
  const std::string& last_id() const { return last_id_; }
  /// How long the server wants us to wait before we go on.
  std::optional<std::int64_t> retry_ms() const { return retry_ms_; }

 private:
  void end_line(std::string_view line);
  void end_event();

  OnEvent on_event_;
  std::size_t max_event_bytes_;
  std::string line_;  ///< begun, its end not seen yet
  std::string type_;
  std::string data_;  ///< with a line feed behind every data line
  std::string id_;    ///< of the event that has begun
  std::string last_id_;
  std::optional<std::int64_t> retry_ms_;
  bool after_cr_ = false;
  bool first_line_ = true;
  bool too_long_ = false;
};

}  // namespace agentd
