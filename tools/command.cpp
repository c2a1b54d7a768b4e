#include "tools/command.h"

#include <optional>

#include "core/text.h"
#include "tools/answers.h"

namespace agentd {
namespace {

/// What is said after the output; empty for a good end.
std::string last_words(const ProcessResult& result, std::int64_t timeout_ms) {
  using End = ProcessResult::End;
  const std::string status = std::to_string(result.status);
  switch (result.end) {
    case End::Exited:
      return result.status == 0 ? "" : fill(sentence("shell_status"), {{"status", status}});
    case End::Signalled:
      return fill(sentence("shell_signal"), {{"signal", status}});
    case End::TimedOut:
      return fill(sentence("shell_timeout"), {{"timeout", format_duration(timeout_ms)}});
    case End::NotStarted:
      return fill(sentence("shell_not_started"), {{"why", result.message}});
    case End::Interrupted:
      break;
  }
  return "";
}

}  // namespace

ProcessRequest command_request(const ToolSetup& setup, const std::string& key, const ToolContext& context) {
  ProcessRequest request;
  request.folder = context.workspace;
  request.env = context.environment;
  for (const auto& [name, value] : setup.env) request.env[name] = value;
  if (!key.empty()) request.env["AGENTD_IDEMPOTENCY_KEY"] = key;
  request.sandbox = context.sandbox;
  if (setup.network) return request;
  if (!request.sandbox) request.sandbox = Sandbox{.landlock = 0};  // the network alone
  request.sandbox->network = false;
  return request;
}

ToolAnswer run_command(const ProcessRequest& request, const ToolContext& context, const OutputSink& output) {
  std::optional<char> last;
  const auto pass_on = [&](std::string_view bytes) {
    last = bytes.back();
    output(bytes);
  };
  const ProcessResult result = context.process.run(request, pass_on, context.stop);
  if (result.end == ProcessResult::End::Interrupted) return {Outcome::Unknown, "", true};
  const std::string words = last_words(result, request.timeout_ms);
  if (words.empty()) return {Outcome::Ok, last ? "" : std::string(sentence("shell_silent"))};
  return failed((last.value_or('\n') == '\n' ? "" : "\n") + words);
}

}  // namespace agentd
