#include <optional>

#include "tools/answers.h"
#include "tools/arguments.h"
#include "tools/builtin.h"
#include "tools/lines.h"
#include "tools/named_file.h"

namespace agentd {
namespace {

// Less than what the toolbox lets through: the model pages through a file, and no copy of it is stored.
constexpr std::size_t kMostBytes = 15 * 1024;

constexpr std::string_view kParameters = R"({"type":"object","properties":{
"path":{"type":"string"},"offset":{"type":"integer","minimum":1},"limit":{"type":"integer","minimum":1}},
"required":["path"],"additionalProperties":false})";

std::string more_from(std::int64_t line) {
  return fill(sentence("file_more"), {{"offset", std::to_string(line)}});
}

/// The lines from `offset` on, as many as fit; a first line too long for that is cut.
ToolAnswer read_lines(Lines& lines, std::int64_t offset, std::optional<std::int64_t> limit) {
  std::string text;
  Lines::Line line;
  std::int64_t number = 1;
  for (; lines.next(line); ++number) {
    if (number < offset) continue;
    const bool is_first = number == offset;
    if (limit && number - offset >= *limit) return {Outcome::Ok, text + more_from(number)};
    if (!is_first && text.size() + line.size + 1 > kMostBytes) return {Outcome::Ok, text + more_from(number)};
    text += line.text + "\n";
    if (line.size == line.text.size()) continue;
    text +=
        fill(sentence("line_cut"), {{"line", std::to_string(number)}, {"size", std::to_string(line.size)}});
    return {Outcome::Ok, lines.peek().empty() ? text : text + "\n" + more_from(number + 1)};
  }
  if (number == 1) return {Outcome::Ok, std::string(sentence("file_empty"))};
  if (number <= offset) return failed(fill(sentence("file_short"), {{"lines", std::to_string(number - 1)}}));
  return {Outcome::Ok, text};
}

class ReadFile final : public Tool {
 public:
  ToolSpec spec() const override {
    return {"read_file", std::string(prompts::tools_read_file), std::string(kParameters), Effect::Read};
  }

  bool keeps_order() const override { return true; }

  ToolAnswer run(const ToolRun& call, const ToolContext& context, const OutputSink&) const override {
    const Arguments arguments(call.arguments);
    const std::string path = arguments.text("path");
    Opened file = open_named_file(context, path);
    if (!file.fd) return failed(file.problem);
    Lines lines(std::move(file.fd), kMostBytes - 1, context.stop);
    std::optional<std::int64_t> limit;
    if (arguments.has("limit")) limit = arguments.number("limit", 0);
    ToolAnswer answer = read_lines(lines, arguments.number("offset", 1), limit);
    if (context.stop.reason() != StopReason::None) return {Outcome::Unknown, "", true};
    return lines.error() == 0 ? answer : failed(path_problem(path, lines.error()));
  }
};

}  // namespace

std::unique_ptr<Tool> make_read_file(const ToolSetup&) {
  return std::make_unique<ReadFile>();
}

}  // namespace agentd
