#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/model/codec.h"

namespace agentd {

/// Converse and ConverseStream of Amazon Bedrock. Requests go out unsigned: see Signer.
HttpRequest encode_bedrock(const ModelRequest& request, const Endpoint& endpoint);
std::unique_ptr<ReplyDecoder> make_bedrock_decoder();
inline constexpr Codec kBedrockCodec{encode_bedrock, make_bedrock_decoder};

/// What a model takes that others refuse, as far as its id tells. An ARN of one's own inference profile tells
/// nothing: then it is what every model takes.
struct BedrockModel {
  enum class CachePoints { None, System, Everywhere };
  CachePoints cache_points = CachePoints::None;
  bool takes_result_status = false;
  bool is_claude = false;
};
BedrockModel bedrock_model(std::string_view id);

}  // namespace agentd
