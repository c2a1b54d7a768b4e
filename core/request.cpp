#include "core/request.h"

namespace agentd {

ModelRequest make_request(const State& state, std::int64_t fallback) {
  return {.setup = model_setup(state.task, fallback),
          .run = state.run,
          .system = state.system,
          .tools = state.tools,
          .messages = state.transcript,
          .answer_schema = state.task.output.schema,
          .text_protocol = state.text_protocol,
          .fallback = fallback,
          .step = state.step,
          .summarised_results = state.summarised_results};
}

std::int64_t estimated_tokens(const State& state, std::size_t begin) {
  constexpr std::size_t kBytesPerToken = 4;
  std::size_t bytes = 0;
  if (begin == 0) {
    bytes += state.system.size() + state.text_protocol.size();
    for (const ToolSpec& tool : state.tools)
      bytes += tool.name.size() + tool.description.size() + tool.parameters.size();
  }
  for (std::size_t i = begin; i < state.transcript.size(); ++i) {
    const Message& message = state.transcript[i];
    bytes += message.text.size();
    for (const ToolCall& call : message.calls) bytes += call.name.size() + call.arguments.size();
  }
  return static_cast<std::int64_t>(bytes / kBytesPerToken);
}

RequestSize request_size(const State& state) {
  return {state.counted_tokens, estimated_tokens(state, state.counted_messages)};
}

}  // namespace agentd
