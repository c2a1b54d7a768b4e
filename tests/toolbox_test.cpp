#include <sys/stat.h>

#include <thread>

#include "core/error.h"
#include "core/os/child_process.h"
#include "tests/support/catch.h"
#include "tests/support/fake_stop.h"
#include "tests/support/temp_folder.h"
#include "tools/tools.h"

namespace agentd {
namespace {

namespace fs = std::filesystem;

/// Goes on by a second whenever it is asked.
class CountingClock : public Clock {
 public:
  std::int64_t now_ms() override { return 0; }
  std::int64_t monotonic_ms() override { return time_ += 1000; }
  void sleep_until(std::int64_t, const Stop&) override {}

 private:
  std::int64_t time_ = 0;
};

/// Ends like a broken tool would.
class ThrowingProcess : public Process {
 public:
  ProcessResult run(const ProcessRequest&, const std::function<void(std::string_view)>& output,
                    const Stop&) override {
    output("begun; ");
    throw std::runtime_error("bug");
  }
  std::unique_ptr<RunningProcess> start(const ProcessRequest&, ProcessWatcher&) override { return nullptr; }
};

class Bench {
 public:
  Bench() { fs::create_directory(folder / "in"); }

  /// The results in the order of landing.
  std::vector<ToolFinished> run(const std::vector<std::pair<std::string, std::string>>& calls,
                                const Stop& stop = NeverStop()) {
    std::vector<ToolRun> runs;
    for (const auto& [tool, arguments] : calls) {
      const auto index = static_cast<std::int64_t>(runs.size()) + 1;
      runs.push_back({{3, index}, tool, arguments, "key-" + std::to_string(index)});
    }
    std::vector<ToolFinished> landed;
    const auto thread = std::this_thread::get_id();
    const auto tools =
        make_toolbox(setups, {folder / "in", folder / "outputs", *process, NeverStop(), env, secrets}, clock);
    tools->run(runs, stop, [&](Event event) {
      ToolFinished& finished = std::get<ToolFinished>(event);
      CHECK(std::this_thread::get_id() == thread);
      landed.push_back(std::move(finished));
      on_landed();
    });
    return landed;
  }
  std::vector<ToolFinished> shell(const std::vector<std::string>& commands, const Stop& stop = NeverStop()) {
    std::vector<std::pair<std::string, std::string>> calls;
    for (const std::string& command : commands)
      calls.emplace_back("shell", R"({"command":")" + command + "\"}");
    return run(calls, stop);
  }
  void make_fifo(const std::string& name) { REQUIRE(mkfifo((folder / ("in/" + name)).c_str(), 0600) == 0); }

  TempFolder folder;
  ChildProcess children;
  Process* process = &children;
  CountingClock clock;
  std::vector<ToolSetup> setups = {
      {.name = "shell"}, {.name = "read_file"}, {.name = "write_file"}, {.name = "edit_file"}};
  std::map<std::string, std::string> env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}};
  Secrets secrets;
  std::function<void()> on_landed = [] {};
};

std::vector<std::string> texts(const std::vector<ToolFinished>& finished) {
  std::vector<std::string> result;
  for (const ToolFinished& one : finished) result.push_back(to_string(one.call) + " " + one.result.text);
  return result;
}

using Texts = std::vector<std::string>;

TEST_CASE("one call gives one result, with its duration", "[toolbox]") {
  Bench bench;
  const std::vector<ToolFinished> expected = {{{3, 1}, {Outcome::Error, "hello\n[exit status 4]", ""}, 1000}};
  CHECK(bench.shell({"echo hello; exit 4"}) == expected);
  CHECK(bench.run({}).empty());
}

TEST_CASE("a call behind one that changes files sees what that one wrote", "[toolbox]") {
  Bench bench;
  CHECK(texts(bench.run({{"write_file", R"({"path":"a.sh","content":"echo new"})"},
                         {"shell", R"({"command":"sh a.sh"})"}})) ==
        Texts{"3.1 Wrote 8 bytes to a.sh.", "3.2 new"});
}

TEST_CASE("calls run at the same time and land as they end", "[toolbox]") {
  Bench bench;
  bench.make_fifo("there");
  bench.make_fifo("back");
  CHECK(texts(bench.shell({"echo ping >there; cat back; echo one", "cat there; echo pong >back"})).size() ==
        2);

  bench.make_fifo("go");
  bench.on_landed = [&, first = true]() mutable {
    if (first) bench.folder.write("in/go", "go\n");  // the first can end only once the second has landed
    first = false;
  };
  CHECK(texts(bench.shell({"cat go", "echo quick"})) == Texts{"3.2 quick", "3.1 go"});
}

TEST_CASE("more calls than threads all land, no more than eight at a time", "[toolbox]") {
  Bench bench;
  const std::string count = "mkdir $AGENTD_IDEMPOTENCY_KEY; ls | wc -l; rmdir $AGENTD_IDEMPOTENCY_KEY";
  const auto finished = bench.shell(std::vector<std::string>(40, count));
  CHECK(finished.size() == 40);
  for (const ToolFinished& one : finished) CHECK(std::stoi(one.result.text) <= 8);
}

TEST_CASE("calls on files see what those before them in the same reply did", "[toolbox]") {
  Bench bench;
  for (int attempt = 0; attempt < 5; ++attempt) {
    CHECK(texts(bench.run({
              {"write_file", R"({"path":"f","content":"a b"})"},
              {"edit_file", R"({"path":"f","old_string":"a","new_string":"c"})"},
              {"edit_file", R"({"path":"f","old_string":"b","new_string":"d"})"},
              {"read_file", R"({"path":"f"})"},
          })) == Texts{"3.1 Wrote 3 bytes to f.", "3.2 Replaced 1 in f.", "3.3 Replaced 1 in f.", "3.4 c d"});
  }
  CHECK(bench.run({{"write_file", R"({"path":"f","content":"x"})"}, {"shell", R"({"command":"true"})"}})
            .size() == 2);
}

TEST_CASE("a tool that does not exist is answered with those that do", "[toolbox]") {
  Bench bench;
  CHECK(bench.run({{"read-file", "{}"}, {"browse", "{}"}}).size() == 2);
  CHECK(
      texts(bench.run({{"read-file", "{}"}})) ==
      Texts{
          "3.1 There is no tool 'read-file'; did you mean 'read_file'? Known: shell, read_file, write_file, "
          "edit_file."});
  CHECK(texts(bench.run({{"browse", "{}"}})) ==
        Texts{"3.1 There is no tool 'browse'; known: shell, read_file, write_file, edit_file."});
  bench.setups = {{"nope", {}, {}}};
  CHECK_THROWS_AS(bench.run({}), Error);
}

TEST_CASE("a tool whose arguments do not fit its schema is not run", "[toolbox]") {
  Bench bench;
  const auto finished = bench.run({{"write_file", R"({"path":"new","content":7})"},
                                   {"shell", R"({"cmd":"touch new"})"},
                                   {"shell", ""},
                                   {"shell", R"({"command":"touch other","timeout_seconds":null})"}});
  CHECK(texts(finished) ==
        Texts{"3.1 The arguments do not fit: /content: must be a string; known: path, content.",
              "3.2 The arguments do not fit: /command: is missing; /cmd: is unknown; known: command, "
              "timeout_seconds.",
              "3.3 The arguments do not fit: /command: is missing; known: command, timeout_seconds.",
              "3.4 [no output]"});
  for (std::size_t i = 0; i < 3; ++i) CHECK(finished[i].result.outcome == Outcome::Error);
  CHECK_FALSE(fs::exists(bench.folder / "in/new"));
  CHECK(fs::exists(bench.folder / "in/other"));
}

TEST_CASE("secrets are masked in what is shown and what is stored", "[toolbox]") {
  Bench bench;
  bench.secrets.learn({"open-sesame"});
  CHECK(texts(bench.shell({"echo an open-; echo open-sesame"})) == Texts{"3.1 an open-\n[secret]"});
  bench.shell({"yes open-sesame | head -n 10000"});
  CHECK(bench.folder.read("outputs/3.1.txt").find("sesame") == std::string::npos);
  CHECK_THAT(texts(bench.run({{"open-sesame", "{}"}}))[0], ContainsSubstring("no tool '[secret]'"));
}

TEST_CASE("a cut output says how to read the rest, and that works", "[toolbox]") {
  Bench bench;
  const auto finished = bench.shell({"seq 100000"});
  CHECK(finished[0].result.output_path == "outputs/3.1.txt");
  CHECK(finished[0].result.text.size() <= 16 * 1024);
  CHECK_THAT(
      finished[0].result.text,
      ContainsSubstring(
          "\n[cut here: 588895 bytes in all; read_file with the path \"output:3.1\" reads the rest]\n"));
  CHECK(texts(bench.run({{"read_file", R"({"path":"output:3.1","offset":50000,"limit":1})"}})) ==
        Texts{"3.1 50000\n[more lines follow: go on with offset 50001]"});
  bench.setups.resize(1);
  CHECK_THAT(bench.shell({"seq 100000"})[0].result.text,
             ContainsSubstring("\n[cut here: 588895 bytes in all]\n"));
}

TEST_CASE("a call that was cut off has no result, those that had ended do", "[toolbox]") {
  Bench bench;
  FakeStop stop;
  bench.on_landed = [&] { stop.signal(); };
  CHECK(texts(bench.shell({"sleep 1000", "echo done"}, stop)) == Texts{"3.2 done"});
  CHECK(bench.shell({"echo late"}, stop).empty());
}

TEST_CASE("a bug in a tool is a result; a storage that fails is not", "[toolbox]") {
  Bench bench;
  ThrowingProcess broken;
  bench.process = &broken;
  CHECK(bench.shell({"true"})[0].result == ToolResult{Outcome::Error, "begun; The tool failed: bug.", ""});
  bench.process = &bench.children;
  bench.folder.write("outputs", "in the way");
  CHECK_THROWS_AS(bench.shell({"seq 100000"}), Error);
  CHECK_THROWS_AS(bench.shell({"seq 100000", "echo fine", "seq 100000"}), Error);
}

TEST_CASE("when a result cannot be taken, the calls that run end first and no other begins", "[toolbox]") {
  Bench bench;
  bench.on_landed = [] { throw Error(Exit::Storage, "full"); };
  std::vector<std::string> commands(30, "echo >did-$AGENTD_IDEMPOTENCY_KEY; sleep 0.05");
  CHECK_THROWS_WITH(bench.shell(commands), "full");
  std::size_t did = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(bench.folder / "in")) ++did;
  CHECK(did < 30);
}

}  // namespace
}  // namespace agentd
