#include "cli/own_process.h"

#include <algorithm>
#include <array>

#include "cli/environment.h"

namespace agentd {

namespace {

/// As they begin: a result, a function error, that of a batch. Other programs may print JSON too.
constexpr std::array<std::string_view, 3> kAnswers{R"({"schema":1,)", R"({"errorType":)",
                                                   R"({"batchItemFailures":)"};

/// Takes what a process prints apart: lines for people, and its answer.
class Lines {
 public:
  explicit Lines(const OwnProcess::Say& say) : say_(say) {}
  void take(std::string_view bytes) {
    for (std::size_t end = 0; (end = bytes.find('\n')) != std::string_view::npos;) {
      add(bytes.substr(0, end));
      bytes.remove_prefix(end + 1);
      finish_line();
    }
    add(bytes);
  }
  std::string finish() {
    if (!line_.empty()) finish_line();
    return std::move(answer_);
  }

 private:
  /// Longer lines than an answer may be are nobody's.
  void add(std::string_view bytes) {
    constexpr std::size_t kLongest = 1 << 20;
    line_ += bytes.substr(0, kLongest - std::min(kLongest, line_.size()));
  }
  void finish_line() {
    if (is_answer(line_))
      answer_ = std::move(line_);
    else if (!line_.empty())
      say_(line_);
    line_.clear();
  }

  const OwnProcess::Say& say_;
  std::string line_;
  std::string answer_;
};

}  // namespace

OwnProcess::OwnProcess(Process& process) : process_(process), environment_(whole_environment()) {}

OwnProcess::Result OwnProcess::run(const Request& request, const Say& say, const Stop& stop) const {
  ProcessRequest program;
  program.argv = {"/proc/self/exe"};
  program.argv.insert(program.argv.end(), request.words.begin(), request.words.end());
  program.folder = ".";
  program.env = environment_;
  program.input = request.input;
  program.timeout_ms = request.timeout_ms;
  program.grace_ms = request.grace_ms;
  program.death_ms = request.death_ms;
  Lines lines(say);
  const ProcessResult ended = process_.run(
      program, [&](std::string_view bytes) { lines.take(bytes); }, stop);
  return {lines.finish(), ended};
}

bool is_answer(std::string_view line) {
  const auto begins = [&](std::string_view member) { return line.starts_with(member); };
  return line.ends_with('}') && std::any_of(kAnswers.begin(), kAnswers.end(), begins);
}

}  // namespace agentd
