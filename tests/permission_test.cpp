#include "core/permission.h"

#include "core/text.h"
#include "tests/support/catch.h"

namespace agentd {

namespace {

using enum Permission;

const ToolSpec kShell{"shell", "",
                      R"({"properties":{"command":{},"timeout_seconds":{}},"required":["command"]})",
                      Effect::Once};
const ToolSpec kWrite{"write_file", "",
                      R"({"properties":{"path":{},"content":{}},"required":["path","content"]})",
                      Effect::Idempotent};
const ToolSpec kPost{"api__post", "", R"({"properties":{"id":{},"method":{}},"required":["id"]})",
                     Effect::Once};
const ToolSpec kBare{"now", "", R"({"type":"object"})", Effect::Read};

std::string call(const std::string& name, const std::string& value) {
  return "{\"" + name + "\":\"" + value + "\"}";
}

}  // namespace

TEST_CASE("the first rule that fits a call decides, and none allows it") {
  const std::vector<PermissionRule> rules{
      {"allow", "shell(ls*)"}, {"deny", "shell(rm*)"}, {"ask", "shell"}, {"deny", "api__*"}, {"allow", "*"}};
  CHECK(permission_for(rules, kShell, call("command", "ls -l")) == Allow);
  CHECK(permission_for(rules, kShell, call("command", "rm -r x")) == Deny);
  CHECK(permission_for(rules, kShell, call("command", "make")) == Ask);
  CHECK(permission_for(rules, kPost, call("id", "7")) == Deny);
  CHECK(permission_for(rules, kWrite, call("path", "x")) == Allow);
  CHECK(permission_for({}, kShell, "") == Allow);
}

TEST_CASE("a command is asked for or denied wherever it stands in the line") {
  struct Row {
    std::string command;
    Permission expected;
  };
  const std::vector<Row> rows{
      {"git push", Ask},
      {"git   push origin", Ask},
      {"cd x && git push", Ask},
      {"true;git push", Ask},
      {"sudo -u me git push", Ask},
      {"A=1 git push", Ask},
      {"(git push)", Ask},
      {"echo $(git push)", Ask},
      {"echo `git push`", Ask},
      {"sh -c 'git push'", Ask},
      {"g'i't \\\"push\\\"", Ask},
      {"ls |\\n git push &", Ask},
      {"if true; then git push; fi", Ask},
      {"git pull", Allow},
      {"legit push", Allow},
      {"git pushover", Ask},
  };
  for (const Row& row : rows) {
    INFO(row.command);
    CHECK(permission_for({{"ask", "shell(git push*)"}}, kShell, call("command", row.command)) ==
          row.expected);
  }
}

TEST_CASE("nothing hides behind a command that is allowed") {
  const std::vector<PermissionRule> rules{{"allow", "shell(git status*)"}, {"deny", "shell"}};
  CHECK(permission_for(rules, kShell, call("command", "git status -s")) == Allow);
  for (const char* command :
       {"git status; rm x", "git status && rm x", "git status | sh", "git status > x", "git status $(rm x)",
        "git status `rm x`", "git status\\nrm x", "x git status"}) {
    INFO(command);
    CHECK(permission_for(rules, kShell, call("command", command)) == Deny);
  }
  CHECK(permission_for({{"allow", "shell(*)"}, {"deny", "*"}}, kShell, call("command", "a; b")) == Allow);
}

TEST_CASE("a path is the same however it is written") {
  const std::vector<PermissionRule> rules{{"deny", "write_file(secrets/*)"}, {"ask", "write_file(/etc/*)"}};
  for (const char* path : {"secrets/a", "./secrets/a", "x/../secrets/a", "secrets//a",
                           "/work/space/secrets/a", "/work/../work/space/secrets/b/c"}) {
    INFO(path);
    CHECK(permission_for(rules, kWrite, call("path", path)) == Deny);
  }
  CHECK(permission_for(rules, kWrite, call("path", "/etc/passwd")) == Ask);
  CHECK(permission_for(rules, kWrite, call("path", "a/../../etc/passwd")) == Allow);  // relative: no /etc
  CHECK(permission_for(rules, kWrite, call("path", "notes/a")) == Allow);
  const std::vector<PermissionRule> grants{{"allow", "write_file(out/*)"}, {"deny", "*"}};
  CHECK(permission_for(grants, kWrite, call("path", "out/a")) == Allow);
  CHECK(permission_for(grants, kWrite, call("path", "out/../a")) == Deny);
  CHECK(permission_for(grants, kWrite, call("path", "../out/a")) == Deny);
  CHECK(permission_for(grants, kWrite, call("path", "/x/out/a")) == Deny);
}

TEST_CASE("a pattern may name another argument, and looks at values that are no text") {
  const std::vector<PermissionRule> rules{{"ask", "api__*(method=POST)"}, {"deny", "api__post(13)"}};
  CHECK(permission_for(rules, kPost, R"({"id":1,"method":"POST"})") == Ask);
  CHECK(permission_for(rules, kPost, R"({"id":13,"method":"GET"})") == Deny);
  CHECK(permission_for(rules, kPost, R"({"id":1})") == Allow);
  CHECK(permission_for({{"ask", "now(x)"}}, kBare, "{}") == Allow);
  CHECK(permission_for({{"ask", "now(*)"}}, kBare, "not json") == Ask);
  CHECK(permission_for({{"ask", "shell(x)"}}, kShell, "not json") == Allow);  // the tool refuses it
}

TEST_CASE("a tool is hidden where no call of it can be allowed") {
  CHECK(is_denied({{"deny", "shell"}}, "shell"));
  CHECK(is_denied({{"deny", "shell(rm*)"}, {"deny", "*(*)"}}, "shell"));
  CHECK_FALSE(is_denied({{"deny", "shell(rm*)"}}, "shell"));
  CHECK_FALSE(is_denied({{"allow", "shell(ls*)"}, {"deny", "shell"}}, "shell"));
  CHECK_FALSE(is_denied({}, "shell"));
}

TEST_CASE("a pattern with many stars takes no longer than its lengths multiplied") {
  const std::string text(20'000, 'a');
  CHECK_FALSE(fits_glob(text, "*a*a*a*a*a*a*a*a*a*a*b"));
  CHECK(fits_glob(text, "*a*a*?*a"));
  CHECK(fits_glob("", "*"));
  CHECK_FALSE(fits_glob("", "?"));
}

}  // namespace agentd
