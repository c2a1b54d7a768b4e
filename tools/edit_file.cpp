#include <unistd.h>

#include <array>
#include <cerrno>

#include "tools/answers.h"
#include "tools/arguments.h"
#include "tools/builtin.h"
#include "tools/workspace.h"

namespace agentd {
namespace {

constexpr std::size_t kLargest = 16 * 1024 * 1024;

constexpr std::string_view kParameters = R"({"type":"object","properties":{
"path":{"type":"string"},"old_string":{"type":"string"},"new_string":{"type":"string"},
"replace_all":{"type":"boolean"}},
"required":["path","old_string","new_string"],"additionalProperties":false})";

/// Reads all of a file into `text`. Returns what went wrong, or nothing.
std::string read_whole(const Opened& file, const std::string& path, std::string& text) {
  if (!file.fd) return file.problem;
  std::array<char, 65536> buffer;
  for (ssize_t got = 0; (got = ::read(file.fd.get(), buffer.data(), buffer.size())) != 0;) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return path_problem(path, errno);
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > kLargest)
      return fill(sentence("edit_large"), {{"path", path}, {"limit", std::to_string(kLargest)}});
  }
  return "";
}

/// Replaces every occurrence; returns how many there were.
std::size_t replace_all(std::string& text, const std::string& from, const std::string& to) {
  std::string result;
  std::size_t count = 0;
  std::size_t at = 0;
  for (std::size_t found = 0; (found = text.find(from, at)) != std::string::npos; ++count) {
    result.append(text, at, found - at).append(to);
    at = found + from.size();
  }
  text = result.append(text, at);
  return count;
}

class EditFile final : public Tool {
 public:
  ToolSpec spec() const override {
    return {"edit_file", std::string(prompts::tools_edit_file), std::string(kParameters), Effect::Once};
  }

  bool keeps_order() const override { return true; }

  ToolAnswer run(const ToolRun& call, const ToolContext& context, const OutputSink&) const override {
    const Arguments arguments(call.arguments);
    const std::string path = arguments.text("path");
    const std::string from = arguments.text("old_string");
    const std::string to = arguments.text("new_string");
    if (from.empty()) return failed(std::string(sentence("edit_empty")));
    if (from == to) return failed(std::string(sentence("edit_same")));

    const Workspace workspace(context.workspace);
    std::string text;
    std::string problem = read_whole(workspace.open_file(path), path, text);
    if (!problem.empty()) return failed(problem);
    const std::size_t occurrences = replace_all(text, from, to);
    const std::string count = std::to_string(occurrences);
    if (occurrences == 0) return failed(fill(sentence("edit_none"), {{"path", path}}));
    if (occurrences > 1 && !arguments.flag("replace_all")) {
      return failed(fill(sentence("edit_many"), {{"count", count}, {"path", path}}));
    }
    problem = workspace.replace_file(path, text, call.key);
    if (!problem.empty()) return failed(problem);
    return {Outcome::Ok, fill(sentence("edit_done"), {{"count", count}, {"path", path}})};
  }
};

}  // namespace

std::unique_ptr<Tool> make_edit_file(const ToolSetup&) {
  return std::make_unique<EditFile>();
}

}  // namespace agentd
