#include "tools/tools.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/os/child_process.h"
#include "tests/support/catch.h"
#include "tests/support/fake_stop.h"
#include "tests/support/temp_folder.h"
#include "tools/arguments.h"

namespace agentd {
namespace {

namespace fs = std::filesystem;

/// A workspace and what a call of one tool gives there.
class Bench {
 public:
  Bench() { fs::create_directory(folder / "in"); }

  /// "ok: …", "error: …" or "cut off".
  std::string run_with(const ToolSetup& setup, const std::string& arguments, const Stop& stop = NeverStop()) {
    const std::string path = "/usr/local/bin:/usr/bin:/bin";
    const ToolContext context{folder / "in", folder / "outputs", process_, stop, {{"PATH", path}}, secrets_};
    std::string text;
    const std::unique_ptr<Tool> tool = make_tool(setup);
    const std::string problem = arguments_problem(tool->spec(), arguments);
    if (!problem.empty()) return "error: " + problem;
    const ToolAnswer answer = tool->run({{3, 1}, setup.name, arguments, "key-1"}, context,
                                        [&](std::string_view bytes) { text += bytes; });
    if (answer.cut_off) return "cut off";
    return (answer.outcome == Outcome::Ok ? "ok: " : "error: ") + text + answer.text;
  }
  std::string run(const std::string& tool, const std::string& arguments) {
    return run_with({.name = tool}, arguments);
  }
  void write(const std::string& name, const std::string& content) { folder.write("in/" + name, content); }
  std::string read(const std::string& name) { return folder.read("in/" + name); }

  TempFolder folder;

 private:
  ChildProcess process_;
  Secrets secrets_;
};

struct Row {
  std::string tool;
  std::string arguments;
  std::string expected;
};

void check(Bench& bench, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.tool << " " << row.arguments);
    CHECK(bench.run(row.tool, row.arguments) == row.expected);
  }
}

TEST_CASE("bad arguments are answered with what is wrong, expected and known", "[tools]") {
  Bench bench;
  const std::string known = "; known: path, offset, limit.";
  check(
      bench,
      {
          {"read_file", R"({"file":"x"})",
           "error: The arguments do not fit: /path: is missing; /file: is unknown" + known},
          {"read_file", R"({})", "error: The arguments do not fit: /path: is missing" + known},
          {"read_file", "", "error: The arguments do not fit: /path: is missing" + known},
          {"read_file", R"({"path":null})", "error: The arguments do not fit: /path: is missing" + known},
          {"read_file", R"({"path":7})", "error: The arguments do not fit: /path: must be a string" + known},
          {"read_file", R"({"path":["a"]})",
           "error: The arguments do not fit: /path: must be a string" + known},
          {"read_file", R"({"path":"a","limit":0})",
           "error: The arguments do not fit: /limit: must be at least 1" + known},
          {"read_file", R"({"path":"a","limit":"9"})",
           "error: The arguments do not fit: /limit: must be an integer" + known},
          {"read_file", R"({"path":"a","limit":1.5})",
           "error: The arguments do not fit: /limit: must be an integer" + known},
          {"read_file", R"(["path"])", "error: The arguments must be a JSON object" + known},
          {"read_file", R"("path")", "error: The arguments must be a JSON object" + known},
          {"read_file", R"({"path":)",
           "error: The arguments are not valid JSON: parse error at line 1, column 9: syntax error while "
           "parsing "
           "value - unexpected end of input; expected '[', '{', or a literal."},
          {"edit_file", R"({"path":"a","old_string":"x","new_string":"y","replace_all":1})",
           "error: The arguments do not fit: /replace_all: must be true or false; known: path, old_string, "
           "new_string, "
           "replace_all."},
      });
  CHECK_THAT(bench.run("shell", "{\"command\":\"\xff\"}"),
             ContainsSubstring("error: The arguments are not valid JSON"));
  CHECK_THAT(bench.run("shell", "{\"command\":1e999}"),
             ContainsSubstring("error: The arguments are not valid JSON"));
  const std::string nested =
      R"({"command":null,"x":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  CHECK(bench.run("shell", nested) == "error: The arguments are not valid JSON: nested too deeply.");
  const std::string deep(100'000, '[');
  CHECK_THAT(bench.run("shell", deep), ContainsSubstring("error: The arguments are not valid JSON"));
}

TEST_CASE("shell answers with the output and how the command ended", "[tools]") {
  Bench bench;
  check(bench, {
                   {"shell", R"({"command":"pwd -P"})", "ok: " + (bench.folder / "in").string() + "\n"},
                   {"shell", R"({"command":"true"})", "ok: [no output]"},
                   {"shell", R"({"command":"printf '\\000'"})", std::string("ok: \0", 5)},
                   {"shell", R"({"command":"echo a; echo b >&2; exit 2"})", "error: a\nb\n[exit status 2]"},
                   {"shell", R"({"command":"printf a; false"})", "error: a\n[exit status 1]"},
                   {"shell", R"({"command":"exit 9"})", "error: [exit status 9]"},
                   {"shell", R"({"command":"kill -9 $$"})", "error: [killed by signal 9]"},
                   {"shell", R"({"command":"no-such-program"})",
                    "error: /bin/sh: 1: no-such-program: not found\n[exit status 127]"},
                   {"shell", R"({"command":"echo $AGENTD_IDEMPOTENCY_KEY; cat"})", "ok: key-1\n"},
                   {"shell", R"({"command":"a\u0000b"})",
                    "error: The command could not be started: an argument or variable contains a NUL byte: "
                    "Invalid argument."},
                   {"shell", R"({"command":"echo begun; sleep 1000","timeout_seconds":1})",
                    "error: begun\n[timed out after 1s; the whole process group was killed]"},
               });
  fs::remove(bench.folder / "in");
  CHECK(bench.run("shell", R"({"command":"true"})") ==
        "error: The command could not be started: /bin/sh: cannot enter its folder: No such file or "
        "directory.");
}

TEST_CASE("shell keeps to the task's settings", "[tools]") {
  Bench bench;
  CHECK(bench.run_with({.name = "shell", .timeout_ms = 50},
                       R"({"command":"sleep 1000","timeout_seconds":900})") ==
        "error: [timed out after 50ms; the whole process group was killed]");
  CHECK(bench.run_with({.name = "shell", .env = {{"A", "1"}, {"PATH", "/none"}}},
                       R"({"command":"echo $A $PATH $HOME"})") == "ok: 1 /none\n");
  FakeStop stop;
  stop.set_time_left_ms(50);
  CHECK(bench.run_with({.name = "shell"}, R"({"command":"sleep 1000"})", stop) == "cut off");
}

TEST_CASE("read_file pages through a file by lines", "[tools]") {
  Bench bench;
  bench.write("abc", "a\nb\nc\n");
  bench.write("open", "a\r\nno end");
  bench.write("empty", "");
  bench.write("../outputs/3.1.txt", "whole output");
  check(
      bench,
      {
          {"read_file", R"({"path":"abc"})", "ok: a\nb\nc\n"},
          {"read_file", R"({"path":"open"})", "ok: a\r\nno end\n"},
          {"read_file", R"({"path":"abc","offset":2})", "ok: b\nc\n"},
          {"read_file", R"({"path":"abc","limit":2})", "ok: a\nb\n[more lines follow: go on with offset 3]"},
          {"read_file", R"({"path":"abc","offset":2.0,"limit":1})",
           "ok: b\n[more lines follow: go on with offset 3]"},
          {"read_file", R"({"path":"abc","offset":3,"limit":1})", "ok: c\n"},
          {"read_file", R"({"path":"abc","offset":4})", "error: The file has only 3 lines."},
          {"read_file", R"({"path":"empty"})", "ok: [the file is empty]"},
          {"read_file", R"({"path":"output:3.1"})", "ok: whole output\n"},
          {"read_file", R"({"path":"output:3.2"})", "error: There is no stored output 'output:3.2'."},
          {"read_file", R"({"path":"output:../in/abc"})",
           "error: There is no stored output 'output:../in/abc'."},
          {"read_file", R"({"path":"none"})", "error: There is no 'none' in the workspace."},
          {"read_file", R"({"path":"."})", "error: '.' is not a regular file."},
      });
}

TEST_CASE("read_file stays below what is shown, whatever the lines", "[tools]") {
  Bench bench;
  const std::string line(1023, 'x');
  std::string fifteen;
  for (int i = 0; i < 15; ++i) fifteen += line + "\n";
  bench.write("many", fifteen + fifteen);
  CHECK(bench.run("read_file", R"({"path":"many"})") ==
        "ok: " + fifteen + "[more lines follow: go on with offset 16]");
  CHECK(bench.run("read_file", R"({"path":"many","offset":16})") == "ok: " + fifteen);

  bench.write("long", std::string(1'000'000, 'x') + "\nnext\n");
  CHECK(bench.run("read_file", R"({"path":"long"})") ==
        "ok: " + std::string(15 * 1024 - 1, 'x') +
            "\n[line 1 is 1000000 bytes long; this is its beginning]\n[more lines follow: go on with offset "
            "2]");
  CHECK(bench.run("read_file", R"({"path":"long","offset":2})") == "ok: next\n");
}

TEST_CASE("write_file makes a file and the folders above it, again as well", "[tools]") {
  Bench bench;
  for (int attempt = 0; attempt < 2; ++attempt) {
    CHECK(bench.run("write_file", R"({"path":"new/deep/file","content":"one\ntwo"})") ==
          "ok: Wrote 7 bytes to new/deep/file.");
    CHECK(bench.read("new/deep/file") == "one\ntwo");
  }
  CHECK(bench.run("write_file", R"({"path":"new/deep/file","content":""})") ==
        "ok: Wrote 0 bytes to new/deep/file.");
  CHECK(bench.read("new/deep/file").empty());
  CHECK(bench.run("write_file", R"({"path":"new","content":"x"})") == "error: 'new' is not a regular file.");
  CHECK(bench.run("write_file", R"({"path":"../x","content":"x"})") ==
        "error: '../x' leads out of the workspace; only what lies beneath it can be used.");
}

TEST_CASE("edit_file replaces what is there exactly once, or all of it", "[tools]") {
  Bench bench;
  const auto edit = [&](const std::string& rest) {
    bench.write("file", "one two two");
    const std::string answer = bench.run("edit_file", R"({"path":"file",)" + rest + "}");
    return answer + " | " + bench.read("file");
  };
  CHECK(edit(R"("old_string":"one","new_string":"1\n")") == "ok: Replaced 1 in file. | 1\n two two");
  CHECK(edit(R"("old_string":"two","new_string":"two2","replace_all":true)") ==
        "ok: Replaced 2 in file. | one two2 two2");
  CHECK(edit(R"("old_string":" two","new_string":"")") ==
        "error: old_string occurs 2 times in 'file'; add the text around it until it is unique, or set "
        "replace_all."
        " | one two two");
  CHECK(edit(R"("old_string":"three","new_string":"3")") ==
        "error: old_string does not occur in 'file'; read the file and copy the text exactly, spaces and "
        "line ends "
        "included. | one two two");
  CHECK(edit(R"("old_string":"","new_string":"3")") ==
        "error: old_string must not be empty; write_file makes or replaces a whole file. | one two two");
  CHECK(edit(R"("old_string":"a","new_string":"a")") ==
        "error: old_string and new_string are the same; nothing to do. | one two two");
  CHECK(bench.run("edit_file", R"({"path":"none","old_string":"a","new_string":"b"})") ==
        "error: There is no 'none' in the workspace.");
  bench.write("large", std::string(17'000'000, 'x'));
  CHECK(bench.run("edit_file", R"({"path":"large","old_string":"a","new_string":"b"})") ==
        "error: 'large' is too large to edit: more than 16777216 bytes.");
}

TEST_CASE("list shows folders in order, as deep as asked", "[tools]") {
  Bench bench;
  bench.write("b", "12345");
  bench.write("a/x", "");
  bench.write("a/deep/y", "1");
  fs::create_symlink("/etc", bench.folder / "in/link");
  fs::create_directory(bench.folder / "in/void");
  check(bench, {
                   {"list", "{}", "ok: a/\nb 5\nlink -> /etc\nvoid/\n"},
                   {"list", R"({"depth":2})", "ok: a/\na/deep/\na/x 0\nb 5\nlink -> /etc\nvoid/\n"},
                   {"list", R"({"depth":99,"path":"a"})", "ok: deep/\ndeep/y 1\nx 0\n"},
                   {"list", R"({"path":"void"})", "ok: [the folder is empty]"},
                   {"list", R"({"path":"b"})", "error: 'b' is not a folder."},
                   {"list", R"({"path":"link"})",
                    "error: 'link' leads out of the workspace; only what lies beneath it can be used."},
               });
  for (int i = 0; i < 600; ++i) bench.write("void/" + std::to_string(1000 + i), "");
  const std::string many = bench.run("list", R"({"path":"void"})");
  CHECK(std::count(many.begin(), many.end(), '\n') == 500);
  CHECK(
      many.ends_with("1499 0\n[more than 500 entries; list a folder further down, or with a smaller depth]"));
}

TEST_CASE("search finds lines by pattern, folder and glob", "[tools]") {
  Bench bench;
  bench.write("a.cpp", "int one;\nint two;\n");
  bench.write("src/b.cpp", "INT three;");
  bench.write("src/deep/c.txt", "an int\n");
  bench.write("binary", std::string("int\0", 4));
  bench.write(".git/config", "int");
  bench.write("../outputs/3.1.txt", "int out\n");
  fs::create_symlink("/etc", bench.folder / "in/link");
  mkfifo((bench.folder / "in/fifo").c_str(), 0600);
  check(
      bench,
      {
          {"search", R"({"pattern":"^int"})", "ok: a.cpp:1:int one;\na.cpp:2:int two;\n"},
          {"search", R"json({"pattern":"int (one|three)","ignore_case":true})json",
           "ok: a.cpp:1:int one;\nsrc/b.cpp:1:INT three;\n"},
          {"search", R"({"pattern":"int$","path":"src"})", "ok: src/deep/c.txt:1:an int\n"},
          {"search", R"({"pattern":"int","path":"./src/","glob":"*.txt"})", "ok: src/deep/c.txt:1:an int\n"},
          {"search", R"({"pattern":"i","ignore_case":true,"glob":"src/**/*.cpp"})",
           "ok: src/b.cpp:1:INT three;\n"},
          {"search", R"({"pattern":"two","path":"a.cpp"})", "ok: a.cpp:2:int two;\n"},
          {"search", R"({"pattern":"out","path":"output:3.1"})", "ok: output:3.1:1:int out\n"},
          {"search", R"({"pattern":"nothing"})", "ok: [no line matches]\n"},
          {"search", R"({"pattern":"int","path":"none"})", "error: There is no 'none' in the workspace."},
          {"search", R"({"pattern":"(int"})", "error: The pattern cannot be used: Unmatched ( or \\(."},
          {"search", R"json({"pattern":"(a*)\\1"})json",
           "error: The pattern cannot be used: back-references are not supported."},
          {"search", R"({"pattern":"((a{1,99}){2,99}){,99}"})",
           "error: The pattern cannot be used: its repetitions multiply to more than 1000."},
          {"search", R"({"pattern":"a{99999999999999999999}"})",
           "error: The pattern cannot be used: its repetitions multiply to more than 1000."},
      });
  const std::string pattern(1001, '(');
  CHECK(bench.run("search", R"({"pattern":")" + pattern + R"("})") ==
        "error: The pattern cannot be used: it is longer than 1000 bytes.");
}

TEST_CASE("search shows little of long lines and of many matches, and says so", "[tools]") {
  Bench bench;
  const std::string x(1000, 'x');
  bench.write("long", x + "needle" + x + "\n" + std::string(10'000, 'x') + "needle\n");
  CHECK(bench.run("search", R"({"pattern":"needle"})") ==
        "ok: long:1:…" + x.substr(0, 100) + "needle" + x.substr(0, 194) +
            "…\n[1 lines longer than 8192 bytes were searched at their beginning alone]");
  std::string many;
  for (int i = 0; i < 300; ++i) many += "match\n";
  bench.write("many", many);
  const std::string found = bench.run("search", R"({"pattern":"match","path":"many"})");
  CHECK(std::count(found.begin(), found.end(), '\n') == 201);
  CHECK(found.ends_with(
      "many:200:match\n[the first 200 matches; narrow the pattern, path or glob for others]\n"));
  FakeStop stop;
  stop.signal();
  CHECK(bench.run_with({.name = "search"}, R"({"pattern":"match"})", stop) == "cut off");
}

TEST_CASE("every tool of the table has a whole description of itself", "[tools]") {
  const std::vector<std::string_view> expected = {
      "ask",           "edit_file",  "http_get",    "list",          "memory",
      "memory_forget", "memory_get", "memory_save", "memory_search", "memory_update",
      "read_file",     "search",     "shell",       "wait",          "write_file"};
  CHECK(tool_names() == expected);
  for (const std::string_view name : tool_names()) {
    const ToolSpec spec = make_tool({.name = std::string(name)})->spec();
    CHECK(spec.name == name);
    CHECK_THAT(spec.parameters, ContainsSubstring(R"("additionalProperties":false)"));
    CHECK(spec.description.size() > 50);
  }
  CHECK(make_tool({.name = "none"}) == nullptr);
  CHECK_THROWS_WITH(tool_specs({{.name = "none"}}), "there is no tool 'none'; see `agentd tools`");
  CHECK_THROWS_WITH(make_tool({.name = "list", .env = {{"A", "1"}}}),
                    "the tool 'list' has no setting 'env': remove it from the task");
  CHECK_THROWS_AS(make_tool({.name = "list", .timeout_ms = 5}), Error);
}

TEST_CASE("children see a short list of our environment and no secret", "[tools]") {
  const char* const environ[] = {"PATH=/bin",
                                 "HOME=/root",
                                 "LC_ALL=C=x",
                                 "OPENAI_API_KEY=sk-1",
                                 "HTTPS_PROXY=http://proxy:1",
                                 "http_proxy=http://me:pw@proxy",
                                 "LD_PRELOAD=x",
                                 "odd",
                                 "AGENTD_MEMORY=/m",
                                 nullptr};
  CHECK(tool_environment(environ) ==
        std::map<std::string, std::string>{
            {"HOME", "/root"}, {"HTTPS_PROXY", "http://proxy:1"}, {"LC_ALL", "C=x"}, {"PATH", "/bin"}});
}

}  // namespace
}  // namespace agentd
