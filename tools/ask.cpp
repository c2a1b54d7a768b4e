#include "tools/answers.h"
#include "tools/arguments.h"
#include "tools/builtin.h"

namespace agentd {
namespace {

constexpr std::string_view kParameters =
    R"({"type":"object","properties":{"question":{"type":"string","minLength":1}},
"required":["question"],"additionalProperties":false})";

class Ask final : public Tool {
 public:
  ToolSpec spec() const override {
    return {"ask", std::string(prompts::tools_ask), std::string(kParameters), Effect::Read};
  }

  ToolAnswer run(const ToolRun& call, const ToolContext&, const OutputSink&) const override {
    return {.event = QuestionAsked{call.call, Arguments(call.arguments).text("question")}};
  }
};

}  // namespace

std::unique_ptr<Tool> make_ask(const ToolSetup&) {
  return std::make_unique<Ask>();
}

}  // namespace agentd
