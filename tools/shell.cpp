#include <algorithm>
#include <optional>

#include "core/text.h"
#include "tools/answers.h"
#include "tools/arguments.h"
#include "tools/builtin.h"

namespace agentd {
namespace {

constexpr std::int64_t kUsualTimeout = 60'000;
constexpr std::int64_t kLongestTimeout = 600'000;  // that a model may ask for where the task sets none

constexpr std::string_view kParameters = R"({"type":"object","properties":{
"command":{"type":"string"},"timeout_seconds":{"type":"integer","minimum":1}},
"required":["command"],"additionalProperties":false})";

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

class Shell final : public Tool {
 public:
  explicit Shell(const ToolSetup& setup) : setup_(setup) {}

  ToolSpec spec() const override {
    return {"shell", std::string(prompts::tools_shell), std::string(kParameters), Effect::Once};
  }

  ToolAnswer run(const ToolRun& call, const ToolContext& context, const OutputSink& output) const override {
    const Arguments arguments(call.arguments);
    ProcessRequest request;
    request.argv = {"/bin/sh", "-c", arguments.text("command")};
    request.folder = context.workspace;
    request.env = context.environment;
    for (const auto& [name, value] : setup_.env) request.env[name] = value;
    request.env["AGENTD_IDEMPOTENCY_KEY"] = call.key;
    request.timeout_ms = timeout_of(arguments);

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

 private:
  /// The task's word is the limit; without one, the model may ask for longer than usual.
  std::int64_t timeout_of(const Arguments& arguments) const {
    const std::int64_t usual = setup_.timeout_ms.value_or(kUsualTimeout);
    const std::int64_t longest = setup_.timeout_ms.value_or(kLongestTimeout);
    if (!arguments.has("timeout_seconds")) return usual;
    const std::int64_t asked = std::min<std::int64_t>(arguments.number("timeout_seconds", 0), 1'000'000'000);
    return std::min(asked * 1000, longest);
  }

  ToolSetup setup_;
};

}  // namespace

std::unique_ptr<Tool> make_shell(const ToolSetup& setup) {
  return std::make_unique<Shell>(setup);
}

}  // namespace agentd
