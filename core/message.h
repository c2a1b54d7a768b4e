#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace agentd {

/// A call as the model wrote it. The arguments stay its own text, byte for byte, until the tool parses them.
struct ToolCall {
  std::string provider_id;  ///< the provider's id: echoed, never used as a key
  std::string name;
  std::string arguments;  ///< JSON text; may be invalid
  bool operator==(const ToolCall&) const = default;
};

/// Which call of a run: the step of the reply that asked for it, and its place there, from 1. Written
/// "STEP.INDEX".
struct CallId {
  std::int64_t step = 0;
  std::int64_t index = 0;
  auto operator<=>(const CallId&) const = default;
};
std::string to_string(const CallId& call);
/// Throws Error(Storage) for anything that to_string did not write.
CallId call_id_from_string(const std::string& text);

enum class Outcome { Ok, Error, Denied, Unknown };

struct ToolResult {
  Outcome outcome = Outcome::Ok;
  std::string text;  ///< what the model is shown: valid UTF-8, size-capped, secrets masked
  std::string
      output_path;  ///< where the whole output is, relative to the run's folder; empty if text is all of it
  bool operator==(const ToolResult&) const = default;
};

/// What a crash may repeat.
enum class Effect { Read, Idempotent, Once };

struct ToolSpec {
  std::string name;
  std::string description;
  std::string parameters;  ///< JSON Schema of the arguments, as text
  Effect effect = Effect::Once;
  std::string server;       ///< which of the task's MCP servers has it; empty: none
  std::string remote_name;  ///< what that server calls it
  bool operator==(const ToolSpec&) const = default;
};

/// Tokens. `input` is what was neither read from nor written to a cache: the whole prompt is the sum of the
/// three.
struct Usage {
  std::int64_t input = 0;
  std::int64_t cache_read = 0;
  std::int64_t cache_write = 0;
  std::int64_t output = 0;
  bool operator==(const Usage&) const = default;
  std::int64_t total() const { return input + cache_read + cache_write + output; }
  Usage& operator+=(const Usage& other) {
    input += other.input;
    cache_read += other.cache_read;
    cache_write += other.cache_write;
    output += other.output;
    return *this;
  }
};

/// What model calls took, of a run as a whole.
struct Spent {
  Usage usage;
  std::int64_t model_calls = 0;
  std::optional<double> cost_usd = 0.0;  ///< none: a price was unknown
  bool operator==(const Spent&) const = default;
};

enum class Role { User, Assistant, Tool };

/// One entry of the provider-neutral transcript.
struct Message {
  Role role = Role::User;
  std::string text = {};
  std::vector<ToolCall> calls = {};  ///< Assistant: what it asked for
  ToolCall call = {};                ///< Tool: the call that `text` answers, without its arguments
  bool is_error = false;             ///< Tool: the call did not do what was asked
  std::string provider = {};         ///< Assistant: whose form provider_content has
  std::string provider_content =
      {};                   ///< Assistant: the provider's own content as JSON text, to be echoed untouched
  std::string model = {};   ///< Assistant: which of the provider's models said it
  std::string output = {};  ///< Tool: how the whole result is read; empty: `text` is all of it
  bool is_summary = false;  ///< User: of what was said before
  bool operator==(const Message&) const = default;
};

}  // namespace agentd
