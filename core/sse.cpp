#include "core/sse.h"

#include <charconv>

namespace agentd {
namespace {

/// Digits alone count.
void read_retry(std::string_view value, std::optional<std::int64_t>& retry_ms) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc() && end == value.data() + value.size() && number >= 0) retry_ms = number;
}

}  // namespace

bool SseDecoder::feed(std::string_view bytes) {
  while (!bytes.empty() && !too_long_) {
    // The LF of a CRLF, which may have come in two pieces.
    if (after_cr_ && bytes.front() == '\n') bytes.remove_prefix(1);
    if (bytes.empty()) {
      after_cr_ = false;
      break;
    }
    after_cr_ = false;
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view piece = bytes.substr(0, end);
    too_long_ = line_.size() + data_.size() + piece.size() > max_event_bytes_;
    if (too_long_) break;
    if (end == std::string_view::npos) {
      line_ += piece;
      break;
    }
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (line_.empty()) {
      end_line(piece);
    } else {
      line_ += piece;
      end_line(line_);
      line_.clear();
    }
  }
  return !too_long_;
}

void SseDecoder::end_line(std::string_view line) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (first_line_ && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  first_line_ = false;
  if (line.empty()) return end_event();
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    data_.append(value) += '\n';
  } else if (field == "event") {
    type_ = value;
  } else if (field == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (field == "retry") {
    read_retry(value, retry_ms_);
  }
}

void SseDecoder::end_event() {
  last_id_ = id_;
  if (!data_.empty()) on_event_(type_, std::string_view(data_).substr(0, data_.size() - 1));
  type_.clear();
  data_.clear();
}

}  // namespace agentd
