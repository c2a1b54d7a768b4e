#include <fcntl.h>
#include <fnmatch.h>

#include <algorithm>

#include "tools/answers.h"
#include "tools/arguments.h"
#include "tools/builtin.h"
#include "tools/lines.h"
#include "tools/named_file.h"
#include "tools/pattern.h"
#include "tools/walk.h"

namespace agentd {
namespace {

constexpr std::size_t kMostMatches = 200;
constexpr std::size_t kLongestLine = 8192;  // searched; of it, this much is shown:
constexpr std::size_t kShown = 300;
constexpr std::size_t kShownBefore = 100;

constexpr std::string_view kParameters = R"({"type":"object","properties":{
"pattern":{"type":"string"},"path":{"type":"string"},"glob":{"type":"string"},"ignore_case":{"type":"boolean"}},
"required":["pattern"],"additionalProperties":false})";

/// A glob without '/' is about the name, another one about the path. "**/" may stand for no folder at all.
bool is_wanted(const std::string& glob, const std::string& path) {
  if (glob.empty()) return true;
  const std::string name = path.substr(path.rfind('/') + 1);
  const std::string& subject = glob.find('/') == std::string::npos ? name : path;
  if (::fnmatch(glob.c_str(), subject.c_str(), 0) == 0) return true;
  const std::size_t any = glob.find("**/");
  return any != std::string::npos && is_wanted(glob.substr(0, any) + glob.substr(any + 3), path);
}

std::string excerpt(const std::string& line, std::size_t match) {
  const std::size_t begin = line.size() <= kShown || match < kShownBefore ? 0 : match - kShownBefore;
  const std::string shown = line.substr(begin, kShown);
  return (begin > 0 ? "…" : "") + shown + (begin + shown.size() < line.size() ? "…" : "");
}

class Search {
 public:
  Search(Pattern pattern, const Stop& stop) : pattern_(std::move(pattern)), stop_(stop) {}

  void search_file(Fd file, const std::string& path);
  /// False: there is no such folder.
  bool search_folder(const Workspace& workspace, const std::string& path, const std::string& glob);
  ToolAnswer answer() const;

 private:
  bool is_enough() const { return matches_ > kMostMatches || stop_.reason() != StopReason::None; }

  Pattern pattern_;
  const Stop& stop_;
  std::string text_;
  std::size_t matches_ = 0;
  std::size_t unreadable_ = 0;
  std::size_t long_lines_ = 0;
};

void Search::search_file(Fd file, const std::string& path) {
  Lines lines(std::move(file), kLongestLine, stop_);
  if (lines.peek().find('\0') != std::string_view::npos) return;
  Lines::Line line;
  for (std::size_t number = 1; !is_enough() && lines.next(line); ++number) {
    const auto match = pattern_.find(line.text);
    if (!match && line.size > line.text.size()) ++long_lines_;
    if (!match || ++matches_ > kMostMatches) continue;
    text_ += path + ":" + std::to_string(number) + ":" + excerpt(line.text, *match) + "\n";
  }
  if (lines.error() != 0) ++unreadable_;
}

bool Search::search_folder(const Workspace& workspace, const std::string& path, const std::string& glob) {
  const Opened folder = workspace.open_folder(path);
  if (!folder.fd) return false;
  const std::string prefix = path == "." ? "" : path + "/";
  unreadable_ += walk(folder.fd, [&](const Entry& entry) {
    if (is_enough()) return Step::Stop;
    if (entry.kind == Entry::Kind::Folder) return entry.name == ".git" ? Step::Over : Step::Into;
    const std::string name = prefix + entry.path;
    if (entry.kind != Entry::Kind::File || !is_wanted(glob, name)) return Step::Over;
    if (Opened file = workspace.open_file(name); file.fd) {
      search_file(std::move(file.fd), name);
    } else {
      ++unreadable_;
    }
    return Step::Over;
  });
  return true;
}

ToolAnswer Search::answer() const {
  if (stop_.reason() != StopReason::None) return {Outcome::Unknown, "", true};
  std::string text = matches_ > 0 ? text_ : std::string(sentence("search_none")) + "\n";
  if (matches_ > kMostMatches)
    text += fill(sentence("search_more"), {{"limit", std::to_string(kMostMatches)}}) + "\n";
  if (unreadable_ > 0)
    text += fill(sentence("search_unreadable"), {{"count", std::to_string(unreadable_)}}) + "\n";
  if (long_lines_ > 0) {
    text += fill(sentence("search_long_lines"),
                 {{"count", std::to_string(long_lines_)}, {"limit", std::to_string(kLongestLine)}});
  }
  return {Outcome::Ok, text};
}

class SearchTool final : public Tool {
 public:
  ToolSpec spec() const override {
    return {"search", std::string(prompts::tools_search), std::string(kParameters), Effect::Read};
  }

  ToolAnswer run(const ToolRun& call, const ToolContext& context, const OutputSink&) const override {
    const Arguments arguments(call.arguments);
    const auto letters = arguments.flag("ignore_case") ? Pattern::Case::Ignored : Pattern::Case::Matters;
    Pattern pattern(arguments.text("pattern"), letters);
    if (!pattern.problem().empty()) return failed(pattern.problem());

    Search search(std::move(pattern), context.stop);
    const Workspace workspace(context.workspace, context.guarded);
    const std::string path = arguments.text("path", ".");
    if (search.search_folder(workspace, workspace.relative(path), arguments.text("glob")))
      return search.answer();
    Opened file = open_named_file(context, path);
    if (!file.fd) return failed(file.problem);
    search.search_file(std::move(file.fd), path);
    return search.answer();
  }
};

}  // namespace

std::unique_ptr<Tool> make_search(const ToolSetup&) {
  return std::make_unique<SearchTool>();
}

}  // namespace agentd
