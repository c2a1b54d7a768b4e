#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "core/clock.h"
#include "core/event.h"

namespace agentd {

/// All that a model is shown: a view of State, so the same journal gives the same bytes for ever.
struct ModelRequest {
  const ModelSetup& setup;
  std::string_view run;  ///< names the prompt cache
  std::string_view system;
  std::span<const ToolSpec> tools;
  std::span<const Message> messages;    ///< begins with the goal; every call has exactly one result, in order
  std::string_view answer_schema = {};  ///< JSON Schema of the answer; empty: any text is one
  std::string_view text_protocol = {};  ///< how to call tools in plain text; empty: no model needs that
  std::int64_t fallback = 0;            ///< whose setup it is: 0 the task's own, N its Nth fallback
  std::int64_t step = 0;                ///< replies so far, also those that are not among the messages
  std::int64_t summarised_results = 0;  ///< results that stood before those among the messages
  bool wants_summary = false;           ///< of the messages, and no work
};

/// The call was given up because the invocation must end. Nothing is recorded.
struct Interrupted {
  bool operator==(const Interrupted&) const = default;
};

using ModelResult = std::variant<ModelReplied, ModelFailed, Interrupted>;

class Model {
 public:
  virtual ~Model() = default;
  /// One attempt. Failures of every kind are results; a broken stream never becomes a reply.
  virtual ModelResult ask(const ModelRequest& request, const Stop& stop) = 0;
};

}  // namespace agentd
