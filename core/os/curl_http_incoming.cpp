#include "core/os/curl_http_incoming.h"

#include <algorithm>
#include <charconv>

#include "core/text.h"

namespace agentd {
namespace {

constexpr std::size_t kMostHeaderBytes = 1'048'576;  // curl limits a line, but not how many there are

}  // namespace

std::size_t CurlIncoming::on_header(char* data, std::size_t, std::size_t size, void* self) {
  auto* incoming = static_cast<CurlIncoming*>(self);
  return incoming->guarded(size, [&] { incoming->header({data, size}); });
}

std::size_t CurlIncoming::on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto* incoming = static_cast<CurlIncoming*>(self);
  return incoming->guarded(size, [&] { incoming->body({data, size}); });
}

/// Ends the transfer by taking less than curl offers.
template <class Work>
std::size_t CurlIncoming::guarded(std::size_t size, Work work) {
  try {
    work();
    return too_long_.empty() ? size : 0;
  } catch (...) {
    thrown_ = std::current_exception();
    return 0;
  }
}

/// A status line begins anew: interim responses (1xx) come before the real one. Trailers after it are
/// dropped.
void CurlIncoming::header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMostHeaderBytes) too_long_ = std::to_string(kMostHeaderBytes) + " bytes of headers";
  if (told_ || !too_long_.empty()) return;
  if (line.starts_with("HTTP/")) {
    headers_.clear();
    status_ = 0;
    const std::string_view rest = trimmed(line.substr(std::min(line.find(' '), line.size())));
    std::from_chars(rest.data(), rest.data() + rest.size(), status_);
  } else if (!trimmed(line).empty()) {
    const std::size_t colon = std::min(line.find(':'), line.size() - 1);
    headers_.emplace_back(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  } else if (status_ >= 200) {
    told_ = true;
    sink_.head(status_, headers_);
  }
}

void CurlIncoming::body(std::string_view bytes) {
  const std::int64_t room = max_body_bytes_ - body_bytes_;
  if (max_body_bytes_ > 0 && static_cast<std::int64_t>(bytes.size()) > room) {
    too_long_ = std::to_string(max_body_bytes_) + " bytes";
    bytes = bytes.substr(0, static_cast<std::size_t>(room));
  }
  body_bytes_ += static_cast<std::int64_t>(bytes.size());
  if (!bytes.empty()) sink_.body(bytes);
}

}  // namespace agentd
