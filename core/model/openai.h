#pragma once

#include <memory>

#include "core/model/codec.h"

namespace agentd {

/// Chat Completions: OpenAI's own and every compatible server's.
std::unique_ptr<Codec> make_openai_codec();

/// The other half, in openai_reply.cpp.
std::unique_ptr<ReplyDecoder> make_openai_decoder();

}  // namespace agentd
