#include <algorithm>

#include "prompts.h"
#include "tools/arguments.h"
#include "tools/builtin.h"
#include "tools/command.h"

namespace agentd {
namespace {

constexpr std::int64_t kUsualTimeout = 60'000;
constexpr std::int64_t kLongestTimeout = 600'000;  // that a model may ask for where the task sets none

constexpr std::string_view kParameters = R"({"type":"object","properties":{
"command":{"type":"string"},"timeout_seconds":{"type":"integer","minimum":1}},
"required":["command"],"additionalProperties":false})";

class Shell final : public Tool {
 public:
  explicit Shell(const ToolSetup& setup) : setup_(setup) {}

  ToolSpec spec() const override {
    return {"shell", std::string(prompts::tools_shell), std::string(kParameters), Effect::Once};
  }

  ToolAnswer run(const ToolRun& call, const ToolContext& context, const OutputSink& output) const override {
    const Arguments arguments(call.arguments);
    ProcessRequest request = command_request(setup_, call.key, context);
    request.argv = {"/bin/sh", "-c", arguments.text("command")};
    request.input = call.answer;
    request.timeout_ms = timeout_of(arguments);
    return run_command(request, context, output);
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
