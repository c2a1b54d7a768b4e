#pragma once

#include <memory>
#include <string_view>

#include "core/model/codec.h"

namespace agentd {

inline constexpr std::string_view kAnthropicProvider = "anthropic";

/// Anthropic's Messages: its own and every compatible server's.
HttpRequest encode_anthropic(const ModelRequest& request, const Endpoint& endpoint);
std::unique_ptr<ReplyDecoder> make_anthropic_decoder();
inline constexpr Codec kAnthropicCodec{encode_anthropic, make_anthropic_decoder};

}  // namespace agentd
