#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace agentd {

/// One frame of application/vnd.amazon.eventstream. Valid during the call only.
struct EventFrame {
  std::string_view message_type;  ///< event, exception or error
  std::string_view type;          ///< its :event-type, :exception-type or :error-code
  std::string_view payload;       ///< of an error: its :error-message
  bool operator==(const EventFrame&) const = default;
};

/// The frames of a byte stream that may be split anywhere. A frame that is not all there is dropped.
class EventStreamDecoder {
 public:
  using OnFrame = std::function<void(const EventFrame& frame)>;

  explicit EventStreamDecoder(OnFrame on_frame, std::size_t max_frame_bytes = 24 << 20)
      : on_frame_(std::move(on_frame)), max_frame_bytes_(max_frame_bytes) {}

  /// False, now and ever after, once the bytes were no frame: a wrong checksum, an impossible length, or one
  /// above the limit.
  bool feed(std::string_view bytes);

 private:
  bool take(std::string_view frame);

  OnFrame on_frame_;
  std::size_t max_frame_bytes_;
  std::string buffer_;      ///< from the beginning of a frame on
  std::size_t wanted_ = 0;  ///< the length of that frame; 0: not known yet
  bool broken_ = false;
};

}  // namespace agentd
