#include "tools/answers.h"
#include "tools/arguments.h"
#include "tools/builtin.h"
#include "tools/workspace.h"

namespace agentd {
namespace {

constexpr std::string_view kParameters = R"({"type":"object","properties":{
"path":{"type":"string"},"content":{"type":"string"}},
"required":["path","content"],"additionalProperties":false})";

class WriteFile final : public Tool {
 public:
  ToolSpec spec() const override {
    return {"write_file", std::string(prompts::tools_write_file), std::string(kParameters),
            Effect::Idempotent};
  }

  bool keeps_order() const override { return true; }

  ToolAnswer run(const ToolRun& call, const ToolContext& context, const OutputSink&) const override {
    const Arguments arguments(call.arguments);
    const std::string path = arguments.text("path");
    const std::string content = arguments.text("content");
    const std::string problem =
        Workspace(context.workspace, context.guarded).replace_file(path, content, call.key);
    if (!problem.empty()) return failed(problem);
    return {Outcome::Ok,
            fill(sentence("file_written"), {{"size", std::to_string(content.size())}, {"path", path}})};
  }
};

}  // namespace

std::unique_ptr<Tool> make_write_file(const ToolSetup&) {
  return std::make_unique<WriteFile>();
}

}  // namespace agentd
