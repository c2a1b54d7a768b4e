#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace agentd {

/// The validated task file as plain data. Key names and meanings are those of task.yaml; durations are
/// milliseconds, free JSON is kept as text. `${VAR}` stands unexpanded everywhere. The journal leaves
/// defaults out, so a default is for ever: old runs mean what they meant.

/// Input values by name, as templates show them.
using Inputs = std::map<std::string, std::string>;

struct InputSetup {
  std::string name;
  std::string type = "string";  ///< string | integer | number | boolean
  bool required = false;
  std::optional<std::string> default_value;
  std::string description;
  bool operator==(const InputSetup&) const = default;
};

/// Replies kept in the memory directory.
struct CacheSetup {
  std::int64_t ttl_ms = 0;  ///< 0: none are kept
  bool operator==(const CacheSetup&) const = default;
};

struct ModelSetup {
  std::string provider;
  std::string name;
  std::string base_url;
  std::string api_key_env;
  std::optional<std::int64_t> max_output_tokens;
  std::optional<std::int64_t> context_tokens;
  std::optional<double> temperature;
  std::string reasoning;
  std::int64_t timeout_ms = 120'000;
  std::int64_t idle_timeout_ms = 60'000;
  bool stream = true;
  std::int64_t retries = 4;
  std::string tool_calling = "native";  ///< native | text
  std::string api_version;              ///< empty: the provider's usual one
  CacheSetup cache;
  std::string extra;                  ///< JSON object text, or empty
  std::string script;                 ///< scripted: JSON list text
  std::vector<ModelSetup> fallbacks;  ///< asked in order while this one is down; have none of their own
  bool operator==(const ModelSetup&) const = default;
};

/// Where an MCP server's token comes from, in exchange for a client's own credentials (OAuth 2).
struct ClientCredentials {
  std::string token_url;
  std::string client_id;
  std::string client_secret_env;  ///< the variable; once expanded for use, the secret itself
  std::string scope;
  bool operator==(const ClientCredentials&) const = default;
};

/// A tool, or a server of tools. Which members matter depends on the kind; see core/tool_fields.cpp.
struct ToolSetup {
  std::string kind;  ///< empty: built in; else agent, exec, http or mcp
  std::string name;
  std::string description;
  std::string parameters;  ///< JSON Schema of the arguments, as text
  std::string effect;      ///< read | idempotent | once; empty: what is usual for the kind
  std::optional<std::int64_t> timeout_ms;
  std::map<std::string, std::string> env;
  bool network = true;
  std::vector<std::string> command;
  std::vector<std::string> check;
  std::string method = "GET";
  std::string url;
  std::map<std::string, std::string> headers;
  std::string body;  ///< JSON text
  std::optional<std::int64_t> max_bytes;
  std::vector<std::string> allow;  ///< hosts that are not on the open web
  std::vector<std::string> tools;  ///< patterns of the server's tools; empty: all
  bool trusted = false;
  std::string elicitation = "decline";  ///< decline | accept-defaults | ask
  std::string protocol = "auto";
  ClientCredentials client_credentials;
  std::string task;  ///< agent: the child's own task, as task_to_json writes it
  bool operator==(const ToolSetup&) const = default;
};

/// The first rule that fits a call decides.
struct PermissionRule {
  std::string decision;  ///< allow | ask | deny
  std::string pattern;   ///< TOOL, TOOL(VALUE) or TOOL(ARGUMENT=VALUE), with * and ?
  bool operator==(const PermissionRule&) const = default;
};

/// A check of the answer: it passes with exit status 0.
struct VerifySetup {
  std::string shell;
  std::int64_t attempts = 3;  ///< answers that may fail it
  std::int64_t timeout_ms = 60'000;
  bool operator==(const VerifySetup&) const = default;
};

/// What programs that tools start may touch beside the workspace and the system.
struct SandboxSetup {
  std::string mode = "auto";  ///< auto | required | off
  std::vector<std::string> read;
  std::vector<std::string> write;
  std::optional<std::int64_t> memory_mb;  ///< as in Sandbox
  std::optional<std::int64_t> file_mb;
  bool operator==(const SandboxSetup&) const = default;
};

/// Over all invocations of the run. An absent limit does not limit.
struct Limits {
  std::optional<std::int64_t> steps = 50;
  std::optional<std::int64_t> tokens;
  std::optional<double> cost_usd;
  std::optional<std::int64_t> duration_ms;
  std::int64_t stuck_after = 5;
  bool operator==(const Limits&) const = default;
};

struct OutputSetup {
  std::string schema;  ///< JSON Schema of the answer, as text; empty: any text is one
  bool operator==(const OutputSetup&) const = default;
};

/// A model that turns notes into vectors.
struct EmbeddingSetup {
  std::string provider;  ///< empty: there is none
  std::string name;
  std::string base_url;
  std::string api_key_env;
  std::optional<std::int64_t> dimensions;  ///< of its vectors; none: as many as it usually has
  bool operator==(const EmbeddingSetup&) const = default;
};

/// What the runs of a namespace share, see core/notes.h.
struct MemorySetup {
  std::string name;         ///< of the namespace; {{inputs.NAME}} is replaced; empty: the task has none
  std::int64_t recall = 5;  ///< how many notes are put before the model at the start
  EmbeddingSetup embeddings;
  bool operator==(const MemorySetup&) const = default;
};

/// Where the key of an encrypted memory directory is: one of these, or none.
struct EncryptionSetup {
  std::string key_env;      ///< the variable that holds it
  std::string key_file;     ///< absolute
  std::string key_command;  ///< for sh -c; prints it
  bool operator==(const EncryptionSetup&) const = default;
};

struct Task {
  std::int64_t version = 1;
  std::string name;
  std::string goal;
  std::string instructions;  ///< the text itself: a path in the file has been read
  std::vector<InputSetup> inputs;
  ModelSetup model;
  std::vector<ToolSetup> tools;
  std::string workspace;  ///< absolute, or empty: the folder workspace/ of the run, wherever that is mounted
  SandboxSetup sandbox;
  std::vector<PermissionRule> permissions;
  Limits limits;
  OutputSetup output;
  std::vector<VerifySetup> verify;
  MemorySetup memory;
  EncryptionSetup encryption;
  std::optional<std::int64_t> retention_ms;  ///< since the end of the run; none: it is kept
  bool operator==(const Task&) const = default;
};

/// 0: the task's own model; N: its Nth fallback.
inline const ModelSetup& model_setup(const Task& task, std::int64_t fallback) {
  return fallback == 0 ? task.model : task.model.fallbacks.at(static_cast<std::size_t>(fallback) - 1);
}

}  // namespace agentd
