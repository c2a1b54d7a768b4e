#pragma once

#include <memory>

#include "core/model/codec.h"

namespace agentd {

/// Google's generateContent, streamed or not.
HttpRequest encode_gemini(const ModelRequest& request, const Endpoint& endpoint);
std::unique_ptr<ReplyDecoder> make_gemini_decoder();
inline constexpr Codec kGeminiCodec{encode_gemini, make_gemini_decoder};

}  // namespace agentd
