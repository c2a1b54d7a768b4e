#pragma once

#include <memory>

#include "core/model/codec.h"

namespace agentd {

/// Anthropic's Messages: its own and every compatible server's.
std::unique_ptr<Codec> make_anthropic_codec();

/// The other half, in anthropic_reply.cpp.
std::unique_ptr<ReplyDecoder> make_anthropic_decoder();

}  // namespace agentd
