#pragma once

#include <string>
#include <string_view>

#include "core/model/body_writer.h"
#include "core/model/codec.h"

namespace agentd {

/// What both wire formats of OpenAI share.

/// OpenAI's own servers want members that some compatible ones refuse.
bool is_openai_host(std::string_view url);

/// The run's name as a prompt_cache_key.
std::string prompt_cache_key(std::string_view run);

/// Where a wire format puts a tool's name, description and parameters: text before and behind them.
struct ToolFrame {
  std::string_view before;
  std::string_view behind;
};
/// The member `tools`, unless there are none.
void write_tools(BodyWriter& body, std::span<const ToolSpec> tools, const ToolFrame& frame);

/// The POST of `body` to a path of the endpoint.
HttpRequest openai_post(const Endpoint& endpoint, std::string_view path, std::string body);

/// The members name, schema and strict of an answer's format; empty where none is to be sent.
std::string answer_format(const ModelRequest& request, bool openai_host);

}  // namespace agentd
