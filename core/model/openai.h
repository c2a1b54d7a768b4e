#pragma once

#include <memory>

#include "core/model/codec.h"

namespace agentd {

/// Chat Completions: OpenAI's own and every compatible server's.
HttpRequest encode_openai(const ModelRequest& request, const Endpoint& endpoint);
std::unique_ptr<ReplyDecoder> make_openai_decoder();
inline constexpr Codec kOpenAiCodec{encode_openai, make_openai_decoder};

}  // namespace agentd
