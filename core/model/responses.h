#pragma once

#include <memory>
#include <string_view>

#include "core/model/codec.h"

namespace agentd {

inline constexpr std::string_view kResponsesProvider = "openai-responses";

/// OpenAI's Responses. Nothing is kept on the server: every request holds the whole history, with the
/// model's encrypted reasoning as it came.
HttpRequest encode_responses(const ModelRequest& request, const Endpoint& endpoint);
std::unique_ptr<ReplyDecoder> make_responses_decoder();
inline constexpr Codec kResponsesCodec{encode_responses, make_responses_decoder};

}  // namespace agentd
