#pragma once

#include <memory>
#include <string_view>

#include "core/model/codec.h"

namespace agentd {

inline constexpr std::string_view kResponsesProvider = "openai-responses";

/// OpenAI's Responses. Nothing is kept on the server: every request holds the whole history, with the
/// model's encrypted reasoning as it came.
std::unique_ptr<Codec> make_responses_codec();

/// The other half, in responses_reply.cpp.
std::unique_ptr<ReplyDecoder> make_responses_decoder();

}  // namespace agentd
