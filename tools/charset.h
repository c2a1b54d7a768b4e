#pragma once

#include <string>
#include <string_view>

namespace agentd {

/// The bytes of a response as valid UTF-8, whatever character set they are in: by their byte order mark, what
/// the Content-Type says, what the document says of itself, or by what they look like, in this order.
std::string to_utf8(std::string_view bytes, std::string_view content_type);

}  // namespace agentd
