#include "cli/commands.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/config.h"
#include "tests/support/catch.h"
#include "tests/support/run_ground.h"
#include "tests/support/temp_folder.h"
#include "tests/support/variable.h"

using namespace agentd;
using nlohmann::ordered_json;

namespace {

/// What goes into a stream while this lives.
class Captured {
 public:
  Captured(std::ostream& stream, std::string& text)
      : stream_(stream), text_(text), old_(stream.rdbuf(taken_.rdbuf())) {}
  ~Captured() {
    stream_.rdbuf(old_);
    text_ = taken_.str();
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

 private:
  std::ostream& stream_;
  std::string& text_;
  std::ostringstream taken_;
  std::streambuf* old_;
};

/// A memory directory with finished runs of a small task in it, and what commands print about them.
class Desk {
 public:
  Desk() {
    folder_.write(
        "task.yaml",
        "name: demo\ngoal: Count {{inputs.what}}.\ninputs: {what: {default: words}}\ntools: [list]\n"
        "model:\n  provider: scripted\n  script:\n    - {say: Look., call: {list: {}}}\n    - answer: "
        "done\n");
  }

  Exit run(const std::string& id, std::optional<std::int64_t> max_steps = std::nullopt) {
    Args args = args_for("run", (folder_ / "task.yaml").string());
    args.run = id;
    args.max_steps = max_steps;
    return call(args);
  }

  Exit call(Args args) {
    const Captured out(std::cout, printed);
    const Captured err(std::cerr, noticed);
    return find_command(args.command)(args);
  }

  Args args_for(const std::string& command, const std::string& target = "") const {
    Args args;
    args.command = command;
    args.target = target;
    args.memory = (folder_ / "memory").string();
    args.quiet = true;
    return args;
  }

  const TempFolder& folder() const { return folder_; }

  std::string printed;
  std::string noticed;

 private:
  TempFolder folder_;
  Variable no_config_{"XDG_CONFIG_HOME", folder_.path().c_str()};
};

std::string message_of(Desk& desk, const Args& args) {
  try {
    desk.call(args);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("list shows every run and its standing; a damaged one hides no other") {
  Desk desk;
  CHECK(desk.run("one") == Exit::Completed);
  CHECK(desk.run("two", 1) == Exit::Limit);
  desk.folder().write("memory/runs/broken/journal.db", "garbage");
  Args args = desk.args_for("list");
  args.output = Output::Json;
  CHECK(desk.call(args) == Exit::Completed);
  std::map<std::string, std::string> standings;
  for (const auto& row : ordered_json::parse(desk.printed)) standings[row["run"]] = row["status"];
  CHECK(standings ==
        std::map<std::string, std::string>{{"broken", "storage"}, {"one", "completed"}, {"two", "limit"}});

  args.output = Output::Text;
  args.status = "limit";
  desk.call(args);
  CHECK(desk.printed.starts_with("RUN  STATUS  STEP  TOKENS  COST     AGE\ntwo  limit   1 "));
}

TEST_CASE("A run that died before its first event is told of by its name") {
  Desk desk;
  const MemoryDir memory = MemoryDir::create(desk.folder().path() / "memory");
  Owner(memory.make_run("new"));
  desk.call(desk.args_for("list"));
  CHECK_THAT(desk.printed, ContainsSubstring("\nnew  suspended  0     0       $0.0000  -\n"));
  Args args = desk.args_for("show", "new");
  args.output = Output::Json;
  desk.call(args);
  CHECK(ordered_json::parse(desk.printed)["run"] == "new");
  CHECK(ordered_json::parse(desk.printed)["started_at"].is_null());
}

TEST_CASE("list says that there are no runs") {
  Desk desk;
  CHECK(desk.call(desk.args_for("list")) == Exit::Completed);
  CHECK_THAT(desk.noticed, ContainsSubstring("no runs in"));
}

TEST_CASE("show tells of a run and of one of its steps") {
  Desk desk;
  desk.run("one");
  Args args = desk.args_for("show", "one");
  desk.call(args);
  CHECK_THAT(desk.printed, ContainsSubstring("status  completed\nsteps   2 of 50, in 1 invocations\n"));
  CHECK_THAT(desk.printed, ContainsSubstring("goal    Count words.\nresult  done\n"));
  args.output = Output::Json;
  desk.call(args);
  const auto run = ordered_json::parse(desk.printed);
  CHECK(run["result"] == "done");
  CHECK(run["inputs"] == ordered_json{{"what", "words"}});
  args.step = 1;
  desk.call(args);
  auto step = ordered_json::parse(desk.printed);
  CHECK(step["calls"][0]["outcome"] == "ok");
  step["calls"][0].erase("result");
  CHECK(step == ordered_json::parse(R"({"step":1,"text":"Look.","calls":[{"call":"1.1","tool":"list",)"
                                    R"("arguments":"{}","outcome":"ok","output_path":null}]})"));
  args.step = 3;
  CHECK(message_of(desk, args) == "run one has no step 3; its last is 2");
}

TEST_CASE("log prints the events after --since, and following ends with the invocation") {
  Desk desk;
  desk.run("one");
  Args args = desk.args_for("log", "one");
  args.output = Output::Jsonl;
  desk.call(args);
  std::istringstream lines(desk.printed);
  std::vector<std::string> kinds;
  for (std::string line; std::getline(lines, line);) kinds.push_back(ordered_json::parse(line)["kind"]);
  CHECK(kinds == std::vector<std::string>{"run_started", "invocation_started", "model_replied",
                                          "tool_started", "tool_finished", "model_replied", "completed"});
  args.output = Output::Text;
  args.since = 6;
  for (const bool follow : {false, true}) {
    args.follow = follow;
    desk.call(args);
    CHECK(desk.printed.starts_with("7  "));
    CHECK(desk.printed.ends_with("  2  completed  done\n"));
  }
}

TEST_CASE("cancel ends a run at once where nobody works on it, and only once") {
  Desk desk;
  desk.run("one");
  CHECK(desk.call(desk.args_for("cancel", "one")) == Exit::Failed);
  CHECK(desk.noticed == "agentd: run one has already ended: completed\n");
  Args send = desk.args_for("send", "one");
  send.text = "hello";
  CHECK(desk.call(send) == Exit::Failed);
}

TEST_CASE("a run that was stopped by a limit takes messages") {
  Desk desk;
  desk.run("two", 1);
  Args send = desk.args_for("send", "two");
  send.text = "hurry";
  CHECK(desk.call(send) == Exit::Completed);
  CHECK(desk.run("two") == Exit::Completed);
  desk.call(desk.args_for("log", "two"));
  CHECK_THAT(desk.printed, ContainsSubstring("user_said  hurry"));
}

TEST_CASE("an unknown run is refused with the nearest one") {
  Desk desk;
  desk.run("digest-1");
  for (const char* command : {"show", "log", "send", "cancel", "resume"})
    CHECK_THAT(message_of(desk, desk.args_for(command, "digest-2")),
               ContainsSubstring("did you mean digest-1?"));
}
