#pragma once

#include <string>
#include <string_view>

namespace agentd {

/// 32 raw bytes.
std::string sha256(std::string_view bytes);
/// 32 raw bytes; the key may have any length.
std::string hmac_sha256(std::string_view key, std::string_view bytes);
/// Lower case, two digits a byte.
std::string to_hex(std::string_view bytes);

}  // namespace agentd
