#pragma once

#include <memory>

#include "core/model/codec.h"

namespace agentd {

/// Google's generateContent, streamed or not.
std::unique_ptr<Codec> make_gemini_codec();

/// The other half, in gemini_reply.cpp.
std::unique_ptr<ReplyDecoder> make_gemini_decoder();

}  // namespace agentd
