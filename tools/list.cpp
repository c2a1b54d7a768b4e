#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>

#include "tools/answers.h"
#include "tools/arguments.h"
#include "tools/builtin.h"
#include "tools/walk.h"
#include "tools/workspace.h"

namespace agentd {
namespace {

constexpr std::size_t kMostEntries = 500;

constexpr std::string_view kParameters = R"({"type":"object","properties":{
"path":{"type":"string"},"depth":{"type":"integer","minimum":1}},
"required":[],"additionalProperties":false})";

std::string link_target(const Entry& entry) {
  std::array<char, PATH_MAX> target;
  const ssize_t length = ::readlinkat(entry.folder, entry.name.c_str(), target.data(), target.size());
  return {target.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

/// "src/", "main.cpp 1234", "latest -> build-7".
std::string line_of(const Entry& entry) {
  switch (entry.kind) {
    case Entry::Kind::Folder:
      return entry.path + "/\n";
    case Entry::Kind::File:
      return entry.path + " " + std::to_string(entry.size) + "\n";
    case Entry::Kind::Link:
      return entry.path + " -> " + link_target(entry) + "\n";
    case Entry::Kind::Other:
      break;
  }
  return entry.path + "\n";
}

class List final : public Tool {
 public:
  ToolSpec spec() const override {
    return {"list", std::string(prompts::tools_list), std::string(kParameters), Effect::Read};
  }

  bool keeps_order() const override { return true; }

  ToolAnswer run(const ToolRun& call, const ToolContext& context, const OutputSink&) const override {
    const Arguments arguments(call.arguments);
    const Opened folder =
        Workspace(context.workspace, context.guarded).open_folder(arguments.text("path", "."));
    if (!folder.fd) return failed(folder.problem);

    const std::int64_t depth = arguments.number("depth", 1);
    std::string text;
    std::size_t entries = 0;
    walk(folder.fd, [&](const Entry& entry) {
      if (context.stop.reason() != StopReason::None) return Step::Stop;
      if (++entries > kMostEntries) return Step::Stop;
      text += line_of(entry);
      return std::count(entry.path.begin(), entry.path.end(), '/') + 1 < depth ? Step::Into : Step::Over;
    });
    if (context.stop.reason() != StopReason::None) return {Outcome::Unknown, "", true};
    if (entries == 0) return {Outcome::Ok, std::string(sentence("list_empty"))};
    if (entries > kMostEntries)
      text += fill(sentence("list_more"), {{"limit", std::to_string(kMostEntries)}});
    return {Outcome::Ok, text};
  }
};

}  // namespace

std::unique_ptr<Tool> make_list(const ToolSetup&) {
  return std::make_unique<List>();
}

}  // namespace agentd
