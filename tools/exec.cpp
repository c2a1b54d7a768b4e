#include <algorithm>

#include "core/templates.h"
#include "core/text.h"
#include "tools/answers.h"
#include "tools/argument_texts.h"
#include "tools/command.h"
#include "tools/task_tools.h"

namespace agentd {
namespace {

constexpr std::int64_t kUsualTimeout = 60'000;

/// An element stays one argument of the program, whatever it is filled with; it is left out where the
/// argument of the call that it shows is not given.
std::vector<std::string> fill_command(const std::vector<std::string>& command,
                                      const ArgumentTexts& arguments) {
  std::vector<std::string> argv;
  for (const std::string& element : command)
    if (std::optional<std::string> filled = fill_template(element, arguments))
      argv.push_back(std::move(*filled));
  return argv;
}

bool has_templates(const std::vector<std::string>& command) {
  return std::any_of(command.begin(), command.end(),
                     [](const std::string& element) { return !template_names(element).empty(); });
}

bool has_nul(const std::vector<std::string>& argv) {
  return std::any_of(argv.begin(), argv.end(),
                     [](const std::string& one) { return one.find('\0') != std::string::npos; });
}

class Exec final : public Tool {
 public:
  explicit Exec(const ToolSetup& setup) : setup_(setup), spec_(task_tool_spec(setup, Effect::Once)) {}

  ToolSpec spec() const override { return spec_; }

  ToolAnswer run(const ToolRun& call, const ToolContext& context, const OutputSink& output) const override {
    const ProcessRequest request = request_for(setup_.command, call, context);
    if (has_nul(request.argv)) return failed(std::string(sentence("exec_nul")));
    return run_command(request, context, output);
  }

  std::optional<ToolAnswer> settle(const ToolRun& call, const ToolContext& context,
                                   const OutputSink& output) const override {
    using End = ProcessResult::End;
    const ProcessRequest request = request_for(setup_.check, call, context);
    if (request.argv.empty() || has_nul(request.argv)) return std::nullopt;
    std::optional<char> last;
    const auto pass_on = [&](std::string_view bytes) {
      last = bytes.back();
      output(bytes);
    };
    const ProcessResult result = context.process.run(request, pass_on, context.stop);
    if (result.end == End::Interrupted) return ToolAnswer{Outcome::Unknown, "", true};
    if (result.end == End::Exited && result.status == 0)
      return ToolAnswer{Outcome::Ok, last ? "" : std::string(sentence("shell_silent"))};
    if (result.end == End::Exited && result.status == 1)
      return ToolAnswer{.event = ToolStarted{call.call, call.tool}};
    if (last.value_or('\n') != '\n') output("\n");  // what it said stands before the word that nobody knows
    return std::nullopt;
  }

 private:
  ProcessRequest request_for(const std::vector<std::string>& command, const ToolRun& call,
                             const ToolContext& context) const {
    const std::string arguments = fitting_arguments(spec_, call.arguments);
    ProcessRequest request = command_request(setup_, call.key, context);
    request.argv = fill_command(command, argument_texts(arguments));
    if (!has_templates(command)) request.input = arguments + "\n";
    request.timeout_ms = setup_.timeout_ms.value_or(kUsualTimeout);
    return request;
  }

  ToolSetup setup_;
  ToolSpec spec_;
};

}  // namespace

std::unique_ptr<Tool> make_exec(const ToolSetup& setup) {
  return std::make_unique<Exec>(setup);
}

}  // namespace agentd
