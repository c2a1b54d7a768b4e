#include "cli/console.h"

#include <unistd.h>

#include "tests/support/catch.h"
#include "tests/support/story.h"
#include "tests/support/temp_folder.h"

using namespace agentd;

namespace {

/// What one of our own streams got while this lived.
class Captured {
 public:
  Captured(FILE* stream, const std::string& file) : stream_(stream), old_(::dup(::fileno(stream))) {
    std::fflush(stream_);
    FILE* target = std::fopen(file.c_str(), "w");
    ::dup2(::fileno(target), ::fileno(stream_));
    std::fclose(target);
  }
  ~Captured() {
    std::fflush(stream_);
    ::dup2(old_, ::fileno(stream_));
    ::close(old_);
    std::clearerr(stream_);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

 private:
  FILE* stream_;
  int old_;
};

struct Shown {
  std::string out;
  std::string err;
};

Shown show(const Args& args, const std::vector<Record>& records) {
  const TempFolder folder;
  {
    const Captured out(stdout, folder / "out");
    const Captured err(stderr, folder / "err");
    Console console(args);
    for (const Record& record : records) console.saw(record);
  }
  return {folder.read("out"), folder.read("err")};
}

const Story& story() {
  static const Story story({a_start(), an_invocation(), a_reply({a_call("look")}, "Let me see.")});
  return story;
}

}  // namespace

TEST_CASE("without a terminal nothing is told") {
  const Shown shown = show({}, story().records());
  CHECK(shown.out.empty());
  CHECK(shown.err.empty());
}

TEST_CASE("-v tells a run on stderr, -q never") {
  Args args;
  args.verbose = true;
  const Shown shown = show(args, story().records());
  CHECK(shown.out.empty());
  CHECK(shown.err == "run demo-1: Count the words.\n[1] Let me see.\n");
  args.quiet = true;
  CHECK(show(args, story().records()).err.empty());
}

TEST_CASE("jsonl prints each record on stdout and nothing else") {
  Args args;
  args.output = Output::Jsonl;
  args.verbose = true;
  std::string lines;
  for (const Record& record : story().records()) lines += to_json_line(record) + "\n";
  const Shown shown = show(args, story().records());
  CHECK(shown.out == lines);
  CHECK(shown.err.empty());
}

TEST_CASE("a full disk under stdout does not disturb a run") {
  Args args;
  args.output = Output::Jsonl;
  const Captured out(stdout, "/dev/full");
  Console console(args);
  for (const Record& record : story().records()) console.saw(record);
}
