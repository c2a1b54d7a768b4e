#include <fstream>

#include "core/os/child_process.h"
#include "tests/support/catch.h"
#include "tests/support/fake_stop.h"
#include "tests/support/temp_folder.h"
#include "tools/arguments.h"
#include "tools/task_tools.h"

namespace agentd {
namespace {

constexpr char kParameters[] = R"({"type":"object","properties":{"a":{},"b":{"type":"string"}}})";

/// Puts out each of its arguments as "<…>", then its input.
constexpr char kShow[] = "for one; do printf '<%s>' \"$one\"; done; cat";

class Bench {
  NeverStop never_;
  ChildProcess process_;
  Secrets secrets_;

 public:
  ToolSetup setup{.kind = "exec", .name = "x", .description = "Does.", .parameters = kParameters};
  TempFolder folder;
  const Stop* stop = &never_;

  /// "ok: …", "error: …", "cut off".
  std::string run(const std::string& arguments) {
    const std::unique_ptr<Tool> tool = make_exec(setup);
    REQUIRE(arguments_problem(tool->spec(), arguments).empty());
    std::string text;
    return said(tool->run(call(arguments), context(), [&](std::string_view bytes) { text += bytes; }), text);
  }
  /// The same of its check; "not done", "unknown: …".
  std::string settle(const std::string& arguments) {
    std::string text;
    const auto answer =
        make_exec(setup)->settle(call(arguments), context(), [&](std::string_view bytes) { text += bytes; });
    if (!answer) return "unknown: " + text;
    if (!answer->event) return said(*answer, text);
    CHECK(*answer->event == Event(ToolStarted{{3, 1}, "x"}));
    return "not done";
  }
  std::string show(const std::vector<std::string>& elements, const std::string& arguments) {
    setup.command = {"sh", "-c", kShow, "sh"};
    setup.command.insert(setup.command.end(), elements.begin(), elements.end());
    return run(arguments);
  }

 private:
  ToolRun call(const std::string& arguments) { return {{3, 1}, "x", arguments, "key-1"}; }
  ToolContext context() {
    return {folder.path(), folder / "outputs", process_, *stop, {{"PATH", "/usr/bin:/bin"}, {"A", "1"}},
            secrets_};
  }
  static std::string said(const ToolAnswer& answer, const std::string& text) {
    if (answer.cut_off) return "cut off";
    return (answer.outcome == Outcome::Ok ? "ok: " : "error: ") + text + answer.text;
  }
};

}  // namespace

TEST_CASE("the model sees an exec tool as the task describes it", "[exec]") {
  ToolSetup setup{.kind = "exec", .name = "x", .description = "Does.", .parameters = kParameters};
  CHECK(make_exec(setup)->spec() == ToolSpec{"x", "Does.", kParameters, Effect::Once});
  setup.effect = "read";
  setup.parameters = "";
  const ToolSpec spec = make_exec(setup)->spec();
  CHECK(spec.effect == Effect::Read);
  CHECK_FALSE(arguments_problem(spec, R"({"a":1})").empty());
  CHECK(arguments_problem(spec, "").empty());
  setup.effect = "idempotent";
  CHECK(make_exec(setup)->spec().effect == Effect::Idempotent);
}

TEST_CASE("an element of a command stays one argument, whatever the model writes", "[exec]") {
  Bench bench;
  CHECK(bench.show({"{{b}}", "x={{b}}"}, R"({"b":"a b"})") == "ok: <a b><x=a b>");
  for (const std::string value :
       {"; touch evil", "$(touch evil)", "`touch evil`", "a' 'b", "a\nb\n", "*", "", "-rf", "--", "--help",
        "a\tb", "\\", "\"", "{{b}}", "${HOME}", "é\u2028", "|cat", "> evil", "&"}) {
    std::string json = "\"";
    for (const char c : value)
      json += c == '\n'                 ? "\\n"
              : c == '\t'               ? "\\t"
              : (c == '"' || c == '\\') ? std::string("\\") + c
                                        : std::string(1, c);
    INFO(value);
    CHECK(bench.show({"{{b}}", "end"}, R"({"b":)" + json + "\"}") == "ok: <" + value + "><end>");
  }
  CHECK_FALSE(std::filesystem::exists(bench.folder / "evil"));
}

TEST_CASE("other values than text reach a command as JSON", "[exec]") {
  Bench bench;
  CHECK(bench.show({"{{a}}"}, R"({"a":5})") == "ok: <5>");
  CHECK(bench.show({"{{a}}"}, R"({"a":5.0})") == "ok: <5>");
  CHECK(bench.show({"{{a}}"}, R"({"a":0.1})") == "ok: <0.1>");
  CHECK(bench.show({"{{a}}"}, R"({"a":true})") == "ok: <true>");
  CHECK(bench.show({"{{a}}"}, R"({"a":[1,{"b":"c d"}]})") == R"(ok: <[1,{"b":"c d"}]>)");
}

TEST_CASE("an element whose argument is not given is left out", "[exec]") {
  Bench bench;
  CHECK(bench.show({"1", "{{a}}", "--b={{b}}", "2"}, "{}") == "ok: <1><2>");
  CHECK(bench.show({"1", "{{a}}", "--b={{b}}", "2"}, R"({"b":null,"a":3})") == "ok: <1><3><2>");
  CHECK(bench.show({"1", "{{b}}"}, R"({"b":""})") == "ok: <1><>");
}

TEST_CASE("a NUL, which no argument can hold, is refused and not cut", "[exec]") {
  Bench bench;
  CHECK(bench.show({"{{b}}"}, R"({"b":"a\u0000b"})") ==
        "error: An argument of the call holds a NUL character, which no argument of a program can hold.");
}

TEST_CASE("an argument too long for the system is a failure to start", "[exec]") {
  Bench bench;
  CHECK_THAT(bench.show({"{{b}}"}, R"({"b":")" + std::string(3'000'000, 'x') + "\"}"),
             ContainsSubstring("error: The command could not be started: "));
}

TEST_CASE("a command without places gets the arguments as JSON on stdin", "[exec]") {
  Bench bench;
  CHECK(bench.show({}, R"({ "b" : "x\ny", "a" : [1, 2.50] })") == "ok: {\"b\":\"x\\ny\",\"a\":[1,2.5]}\n");
  CHECK(bench.show({}, "") == "ok: {}\n");
  CHECK(bench.show({}, R"({"b":null})") == "ok: {}\n");
  const std::string large(2'000'000, 'x');
  CHECK(bench.show({}, R"({"b":")" + large + "\"}") == "ok: {\"b\":\"" + large + "\"}\n");
  CHECK(bench.show({"{{b}}"}, R"({"b":"x"})") == "ok: <x>");  // and else nothing
  bench.setup.command = {"true"};                             // does not read what it is given
  CHECK(bench.run(R"({"b":")" + large + "\"}") == "ok: [no output]");
}

TEST_CASE("a command sees the task's variables, and the key of its call", "[exec]") {
  Bench bench;
  bench.setup.env = {{"A", "2"}, {"B", "x y"}};
  bench.setup.command = {"sh", "-c", "echo $A,$B,$AGENTD_IDEMPOTENCY_KEY; pwd"};
  CHECK(bench.run("{}") == "ok: 2,x y,key-1\n" + bench.folder.path().string() + "\n");
}

TEST_CASE("how a command ends is said like the shell says it", "[exec]") {
  Bench bench;
  const auto run = [&](const std::string& script) {
    bench.setup.command = {"sh", "-c", script};
    return bench.run("{}");
  };
  CHECK(run("echo out; echo err >&2; exit 3") == "error: out\nerr\n[exit status 3]");
  CHECK(run("kill -9 $$") == "error: [killed by signal 9]");
  CHECK(run("true") == "ok: [no output]");
  bench.setup.timeout_ms = 50;
  CHECK(run("sleep 1000") == "error: [timed out after 50ms; the whole process group was killed]");
  bench.setup.command = {"no-such-program"};
  CHECK_THAT(bench.run("{}"), ContainsSubstring("error: The command could not be started: "));
  bench.setup.command = {"sleep", "1000"};
  FakeStop stop;
  stop.set_time_left_ms(30);
  bench.stop = &stop;
  bench.setup.timeout_ms = {};
  CHECK(bench.run("{}") == "cut off");
}

TEST_CASE("a check tells what became of an interrupted call", "[exec]") {
  Bench bench;
  const auto settle = [&](const std::string& script) {
    bench.setup.check = {"sh", "-c", script, "sh", "{{b}}"};
    return bench.settle(R"({"b":"x"})");
  };
  CHECK(settle("echo order 7 of $1 $AGENTD_IDEMPOTENCY_KEY") == "ok: order 7 of x key-1\n");
  CHECK(settle("true") == "ok: [no output]");
  CHECK(settle("echo none; exit 1") == "not done");
  CHECK(settle("printf 'no server'; exit 2") == "unknown: no server\n");
  CHECK(settle("kill -9 $$") == "unknown: ");
  bench.setup.timeout_ms = 30;
  CHECK(settle("sleep 1000") == "unknown: ");
  bench.setup.timeout_ms = {};
  bench.setup.check = {"cat"};
  CHECK(bench.settle(R"({"b":"x"})") == "ok: {\"b\":\"x\"}\n");
  bench.setup.check = {"no-such-program"};
  CHECK(bench.settle("{}") == "unknown: ");
  bench.setup.check = {"echo", "{{b}}"};
  CHECK(bench.settle(R"({"b":"\u0000"})") == "unknown: ");
  bench.setup.check = {};
  CHECK(bench.settle("{}") == "unknown: ");
  bench.setup.check = {"sleep", "1000"};
  FakeStop stop;
  stop.set_time_left_ms(30);
  bench.stop = &stop;
  CHECK(bench.settle("{}") == "cut off");
}

}  // namespace agentd
