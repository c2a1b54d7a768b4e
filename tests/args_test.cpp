#include "cli/args.h"

#include "cli/commands.h"
#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/variable.h"

using namespace agentd;

namespace {

std::optional<Args> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "agentd");
  return parse_args(static_cast<int>(words.size()), words.data());
}

std::string error_of(const std::vector<const char*>& words) {
  try {
    parse(words);
  } catch (const Error& error) {
    CHECK(error.exit() == Exit::Usage);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("run takes all its options, before and after the task") {
  const Args args = *parse({"run",        "--memory", "m",           "-i",         "a=1",         "t.yaml",
                            "-i",         "b=x=y",    "--inputs",    "f.json",     "--run",       "r-1",
                            "--deadline", "15m",      "--model",     "openai/a/b", "--max-steps", "7",
                            "--max-cost", "0.5",      "--workspace", "w",          "--wait",      "90s",
                            "--adopt",    "--output", "jsonl",       "-q",         "-v"});
  CHECK(args.command == "run");
  CHECK(args.target == "t.yaml");
  CHECK(args.memory == "m");
  CHECK(args.inputs == std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"b", "x=y"}});
  CHECK(args.inputs_file == "f.json");
  CHECK(args.run == "r-1");
  CHECK_FALSE(args.new_run);
  CHECK(args.deadline_ms == 900'000);
  CHECK(args.model == "openai/a/b");
  CHECK(args.max_steps == 7);
  CHECK(args.max_cost == 0.5);
  CHECK(args.workspace == "w");
  CHECK(args.wait_ms == 90'000);
  CHECK(args.adopt);
  CHECK(args.output == Output::Jsonl);
  CHECK(args.quiet);
  CHECK(args.verbose);
}

TEST_CASE("the other commands take theirs") {
  CHECK(parse({"resume", "r", "--memory", "m", "--max-steps", "3"})->max_steps == 3);
  const Args tick = *parse({"tick", "--memory", "m", "--jobs", "3", "--deadline", "4m", "--output", "json"});
  CHECK(tick.jobs == 3);
  CHECK(tick.deadline_ms == 240'000);
  CHECK(error_of({"tick", "--jobs", "0"}) == "--jobs: '0' is no number of at least 1");
  CHECK(parse({"list", "--memory", "m", "--status", "failed"})->status == "failed");
  CHECK(parse({"show", "r", "--memory", "m", "--step", "3", "--output", "json"})->step == 3);
  const Args log = *parse({"log", "-f", "r", "--since", "9", "--memory", "m", "--output", "jsonl"});
  CHECK(log.follow);
  CHECK(log.since == 9);
  const Args send = *parse({"send", "r", "--memory", "m", "leave", "it", "--", "--now"});
  CHECK(send.target == "r");
  CHECK(send.text == "leave it --now");
  CHECK(parse({"cancel", "--memory", "m", "r"})->target == "r");
  CHECK(parse({"doctor", "--memory", "m", "--online"})->online);
  CHECK(parse({"tools"})->target.empty());
  CHECK(parse({"tools", "t.yaml", "--output", "json"})->target == "t.yaml");
  CHECK(parse({"validate", "t.yaml"})->target == "t.yaml");
  CHECK(parse({"schema"})->command == "schema");
  CHECK(parse({"completion", "zsh"})->target == "zsh");
}

TEST_CASE("approve and deny take a call, or mean all that wait") {
  const Args approve = *parse({"approve", "r", "2.13", "--memory", "m"});
  CHECK(approve.command == "approve");
  CHECK(approve.target == "r");
  CHECK(approve.call == "2.13");
  CHECK(parse({"approve", "r", "--memory", "m"})->call.empty());
  const Args deny = *parse({"deny", "--why", "not \"today\"", "r", "1.1", "--memory", "m"});
  CHECK(deny.call == "1.1");
  CHECK(deny.text == "not \"today\"");
  CHECK(parse({"run", "t", "--yes", "--memory", "m"})->yes);
  CHECK_FALSE(parse({"resume", "r", "--memory", "m"})->yes);
  for (const char* call : {"x", "1", " 1.1", "1.1\n"}) {
    INFO(call);
    CHECK_THAT(error_of({"approve", "r", call}), ContainsSubstring("is no call: write STEP.INDEX"));
  }
  CHECK_FALSE(error_of({"approve", "r", "--why", "x"}).empty());
  CHECK_THAT(error_of({"approve"}), ContainsSubstring("required"));
}

TEST_CASE("every command that can be parsed can be found") {
  for (const char* name : {"run", "resume", "tick", "list", "show", "log", "send", "approve", "deny",
                           "cancel", "validate", "schema", "tools", "doctor"})
    CHECK(find_command(name) != nullptr);
  CHECK(find_command("fork") == nullptr);
}

TEST_CASE("a bad command line is refused with one sentence that says what to write") {
  const std::vector<std::pair<std::vector<const char*>, const char*>> rows{
      {{}, "what shall be done? agentd run TASK.yaml, or see agentd --help"},
      {{"resum"}, "there is no command 'resum'; did you mean resume?"},
      {{"qqqqqqq"}, "there is no command 'qqqqqqq'; see agentd --help"},
      {{"fork"}, "not built yet: agentd fork"},
      {{"--memory", "m"}, "the command comes first, then its options: agentd run TASK.yaml --memory"},
      {{"run"}, "TASK.yaml is required; see agentd run --help"},
      {{"run", "t", "u"}, "The following argument was not expected: u; see agentd run --help"},
      {{"resume", "r", "--new"}, "The following argument was not expected: --new; see agentd resume --help"},
      {{"run", "t", "--deadline", "5"}, "--deadline: '5' is no duration; write 90s, 15m, 36h or 30d"},
      {{"run", "t", "--wait", "soon"}, "--wait: 'soon' is no duration; write 90s, 15m, 36h or 30d"},
      {{"run", "t", "-i", "topic"}, "-i topic: write -i KEY=VALUE"},
      {{"run", "t", "-i", "=x"}, "-i =x: write -i KEY=VALUE"},
      {{"run", "t", "--model", "gpt"}, "--model gpt: write PROVIDER/NAME, as openai/gpt-5"},
      {{"run", "t", "--max-steps", "0"}, "--max-steps: '0' is no number of at least 1"},
      {{"run", "t", "--max-cost", "inf"}, "--max-cost: 'inf' is no number of at least 0.000000"},
      {{"run", "t", "--output", "xml"}, "--output: write text|json|jsonl"},
      {{"list", "--output", "jsonl"}, "--output: write text|json"},
      {{"run", "t", "--memory", ""}, "--memory: the name of a folder is needed"},
      {{"run", "t", "--run", "../x"},
       "'../x' is no run id: ids have a-z, 0-9, '.', '_' and '-', at most 100; see agentd list"},
      {{"show", "A"}, "'A' is no run id: ids have a-z, 0-9, '.', '_' and '-', at most 100; see agentd list"},
      {{"send", "r"}, "send: say something after the run's id"},
      {{"log", "r", "--since", "-1"}, "--since: '-1' is no number of at least 0"}};
  for (const auto& [words, message] : rows) CHECK(error_of(words) == message);
  CHECK_THAT(error_of({"run", "t", "--run", "r", "--new"}), ContainsSubstring("excludes"));
}

TEST_CASE("without --memory the environment says where runs are kept") {
  const Variable memory("AGENTD_MEMORY", nullptr);
  const Variable data("XDG_DATA_HOME", nullptr);
  const Variable home("HOME", nullptr);
  CHECK(error_of({"list"}) == "no memory directory: give --memory DIR or set AGENTD_MEMORY");
  CHECK(error_of({"schema"}).empty());
  const Variable some_home("HOME", "/h");
  CHECK(parse({"list"})->memory == "/h/.local/share/agentd");
  const Variable some_data("XDG_DATA_HOME", "/d");
  CHECK(parse({"list"})->memory == "/d/agentd");
  const Variable some_memory("AGENTD_MEMORY", "rel");
  CHECK(parse({"list"})->memory == "rel");
  CHECK(parse({"list", "--memory", "m"})->memory == "m");
}
