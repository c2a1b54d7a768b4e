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

const ToolSpec kList{"list", "", R"({"properties":{"path":{},"depth":{}},"required":[]})", Effect::Read};
const ToolSpec kSearch{"search", "", R"({"properties":{"pattern":{},"path":{}},"required":["pattern"]})",
                       Effect::Read};
const ToolSpec kFetch{"http_get", "", R"({"properties":{"url":{}},"required":["url"]})", Effect::Read};

Permission verdict(const std::vector<PermissionRule>& rules, const ToolSpec& tool, std::string_view arguments,
                   const std::string& workspace = "") {
  Task task;
  task.permissions = rules;
  task.workspace = workspace;
  return permission_for(task, tool, arguments);
}

std::string call(const std::string& name, const std::string& value) {
  return "{\"" + name + "\":\"" + value + "\"}";
}

}  // namespace

TEST_CASE("the first rule that fits a call decides, and none allows it") {
  const std::vector<PermissionRule> rules{
      {"allow", "shell(ls*)"}, {"deny", "shell(rm*)"}, {"ask", "shell"}, {"deny", "api__*"}, {"allow", "*"}};
  CHECK(verdict(rules, kShell, call("command", "ls -l")) == Allow);
  CHECK(verdict(rules, kShell, call("command", "rm -r x")) == Deny);
  CHECK(verdict(rules, kShell, call("command", "make")) == Ask);
  CHECK(verdict(rules, kPost, call("id", "7")) == Deny);
  CHECK(verdict(rules, kWrite, call("path", "x")) == Allow);
  CHECK(verdict({}, kShell, "") == Allow);
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
      {"git \\\\\\n  push", Ask},
      {"gi\\\\\\nt push", Ask},
      {"/usr/bin/git push", Ask},
      {"cd x && ../bin/git push", Ask},
      {"ls a/git push", Ask},
      {"git pull", Allow},
      {"legit push", Allow},
      {"git pushover", Ask},
  };
  for (const Row& row : rows) {
    INFO(row.command);
    CHECK(verdict({{"ask", "shell(git push*)"}}, kShell, call("command", row.command)) == row.expected);
  }
}

TEST_CASE("nothing hides behind a command that is allowed") {
  const std::vector<PermissionRule> rules{{"allow", "shell(git status*)"}, {"deny", "shell"}};
  CHECK(verdict(rules, kShell, call("command", "git status -s")) == Allow);
  for (const char* command :
       {"git status; rm x", "git status && rm x", "git status | sh", "git status > x", "git status $(rm x)",
        "git status `rm x`", "git status\\nrm x", "x git status"}) {
    INFO(command);
    CHECK(verdict(rules, kShell, call("command", command)) == Deny);
  }
  CHECK(verdict({{"allow", "shell(*)"}, {"deny", "*"}}, kShell, call("command", "a; b")) == Allow);
}

TEST_CASE("a path is the same however it is written") {
  const std::vector<PermissionRule> rules{{"deny", "write_file(secrets/*)"}, {"ask", "write_file(/etc/*)"}};
  for (const char* path : {"secrets/a", "./secrets/a", "x/../secrets/a", "secrets//a",
                           "/work/space/secrets/a", "/work/../work/space/secrets/b/c"}) {
    INFO(path);
    CHECK(verdict(rules, kWrite, call("path", path)) == Deny);
  }
  CHECK(verdict(rules, kWrite, call("path", "/etc/passwd")) == Ask);
  CHECK(verdict(rules, kWrite, call("path", "a/../../etc/passwd")) == Allow);  // relative: no /etc
  CHECK(verdict(rules, kWrite, call("path", "notes/a")) == Allow);
  const std::vector<PermissionRule> grants{{"allow", "write_file(out/*)"}, {"deny", "*"}};
  CHECK(verdict(grants, kWrite, call("path", "out/a")) == Allow);
  CHECK(verdict(grants, kWrite, call("path", "out/../a")) == Deny);
  CHECK(verdict(grants, kWrite, call("path", "../out/a")) == Deny);
  CHECK(verdict(grants, kWrite, call("path", "/x/out/a")) == Deny);
}

TEST_CASE("no way to write a path leads around a rule that denies it") {
  struct Row {
    const char* pattern;
    const char* workspace;
    std::vector<const char*> denied;
    std::vector<const char*> allowed;
  };
  const std::vector<Row> rows{
      {"secret.txt",
       "",
       {"secret.txt", "./secret.txt", "secret.txt/", "secret.txt//", "secret.txt/.", ".//./secret.txt",
        "a/../secret.txt", "/x/secret.txt", "//x//secret.txt", "/x/y/../secret.txt/"},
       {"secret.txt2", "a/secret.txt", "SECRET.TXT", "secret.txt\\u0301"}},
      {"./secrets/*", "", {"secrets/a", "./secrets/a", "secrets"}, {"secrets2/a"}},
      {"secrets/", "", {"secrets", "secrets/", "/x/secrets"}, {"secrets/a"}},
      {"x//../secrets/*", "", {"secrets/a"}, {}},
      {"**/.env", "", {".env", "a/.env", "/x/a/.env"}, {".envrc"}},
      {"/etc/*", "/", {"etc/passwd", "./etc/passwd", "/etc/passwd", "a/../etc/passwd", "etc"}, {"usr/etc/x"}},
      {"/etc/*", "/etc", {"passwd", "./x/../passwd", ".", "/etc"}, {"../usr"}},
      {"/work/secrets/*", "/work/", {"secrets/a", "/work/secrets/a", "secrets", "x/../secrets/a"}, {"a"}},
      {"secrets/*", "/work", {"/work/secrets/a", "/work/./secrets"}, {"/work/a"}},
      {"caf\u00e9", "", {"caf\u00e9", "./caf\u00e9"}, {"cafe\u0301"}},  // two files on Linux
  };
  for (const Row& row : rows) {
    const std::vector<PermissionRule> rules{{"deny", "write_file(" + std::string(row.pattern) + ")"}};
    for (const char* path : row.denied) {
      INFO(row.pattern << " in '" << row.workspace << "' against " << path);
      CHECK(verdict(rules, kWrite, call("path", path), row.workspace) == Deny);
    }
    for (const char* path : row.allowed) {
      INFO(row.pattern << " in '" << row.workspace << "' against " << path);
      CHECK(verdict(rules, kWrite, call("path", path), row.workspace) == Allow);
    }
  }
}

TEST_CASE("who may look at a folder sees all that is in it") {
  const std::vector<PermissionRule> rules{{"deny", "search(path=docs/secrets/*)"}};
  for (const char* arguments :
       {R"({"pattern":"x","path":"docs/secrets"})", R"({"pattern":"x","path":"docs"})",
        R"({"pattern":"x","path":"docs/"})", R"({"pattern":"x","path":"."})", R"({"pattern":"x","path":""})",
        R"({"pattern":"x","path":null})", R"({"pattern":"x"})", R"({"pattern":"x","path":"/m/workspace"})"}) {
    INFO(arguments);
    CHECK(verdict(rules, kSearch, arguments) == Deny);
  }
  CHECK(verdict(rules, kSearch, R"({"pattern":"x","path":"docs/open"})") == Allow);
  CHECK(verdict(rules, kSearch, R"({"pattern":"x","path":"doc"})") == Allow);
  CHECK(verdict(rules, kSearch, R"({"pattern":"x","path":"/work"})", "/work") == Deny);
  CHECK(verdict(rules, kSearch, R"({"pattern":"x","path":"/work/a"})", "/work") == Allow);
  CHECK(verdict({{"deny", "search(path=*.key)"}}, kSearch, R"({"pattern":"x"})") == Deny);
  const std::vector<PermissionRule> top{{"allow", "list(.)"}, {"deny", "list(secrets*)"}};
  CHECK(verdict(top, kList, "") == Allow);
  CHECK(verdict(top, kList, R"({"path":"./"})") == Allow);
  CHECK(verdict(top, kList, R"({"path":"secrets"})") == Deny);
}

TEST_CASE("a path with .. is not allowed for what its name says") {
  const std::vector<PermissionRule> grants{{"allow", "write_file(./out/*)"}, {"deny", "*"}};
  CHECK(verdict(grants, kWrite, call("path", "./out//a")) == Allow);
  CHECK(verdict(grants, kWrite, call("path", "out/link/../a")) == Deny);
  CHECK(verdict(grants, kWrite, call("path", "out/a..b")) == Allow);
}

TEST_CASE("an address is the same however it is written") {
  const std::vector<PermissionRule> rules{{"deny", "http_get(https://intern.example/*)"}};
  for (const char* url : {"https://intern.example/x", "HTTPS://INTERN.example/x",
                          "https://intern.example:443/", "https://intern.example"}) {
    INFO(url);
    CHECK(verdict(rules, kFetch, call("url", url)) == Deny);
  }
  const std::vector<PermissionRule> grants{{"allow", "http_get(https://open.example/a/*)"}, {"deny", "*"}};
  CHECK(verdict(grants, kFetch, call("url", "https://OPEN.example/a/b")) == Allow);
  for (const char* url : {"https://open.example/a/../b", "https://open.example/a/%2e%2e/b",
                          "https://open.example/a/@evil.example/", "https://open.example@evil.example/a/b",
                          "https://evil.example/?https://open.example/a/b"}) {
    INFO(url);
    const bool is_below = std::string_view(url).starts_with("https://open.example/a/@");
    CHECK(verdict(grants, kFetch, call("url", url)) == (is_below ? Allow : Deny));
  }
}

TEST_CASE("rules look at every value that a tool may take for the argument") {
  const std::vector<PermissionRule> rules{{"deny", "write_file(secret)"}};
  const std::vector<PermissionRule> grants{{"allow", "write_file(open)"}, {"deny", "*"}};
  for (const char* arguments : {R"({"path":"open","path":"secret"})", R"({"path":"secret","path":"open"})",
                                R"({"path":"open","Path":"secret"})", R"({"PATH":"secret","path":"open"})",
                                R"({"path":"secret"})", R"({"p\u0061th":"s\u0065cret"})",
                                " \n{ \"path\" : \"secret\" } ", R"({"path":null,"path":"secret"})"}) {
    INFO(arguments);
    CHECK(verdict(rules, kWrite, arguments) == Deny);
    CHECK(verdict(grants, kWrite, arguments) == Deny);
  }
  for (const char* arguments : {R"({"path":"open"})", R"({"path":"open","in":{"path":"secret"}})",
                                R"({"in":[{"path":"secret"}],"path":"open"})",
                                R"({"path":"open","content":"\"path\":\"secret\""})"}) {
    INFO(arguments);
    CHECK(verdict(rules, kWrite, arguments) == Allow);
    CHECK(verdict(grants, kWrite, arguments) == Allow);
  }
  CHECK(verdict({{"deny", "write_file({\"a\":[1]})"}}, kWrite, R"({"path":{"a":[1]}})") == Deny);
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  CHECK(verdict(rules, kWrite, "{\"path\":" + deep + "}") == Allow);  // the tool refuses it
}

TEST_CASE("a pattern may name another argument, and looks at values that are no text") {
  const std::vector<PermissionRule> rules{{"ask", "api__*(method=POST)"}, {"deny", "api__post(13)"}};
  CHECK(verdict(rules, kPost, R"({"id":1,"method":"POST"})") == Ask);
  CHECK(verdict(rules, kPost, R"({"id":13,"method":"GET"})") == Deny);
  CHECK(verdict(rules, kPost, R"({"id":1})") == Allow);
  CHECK(verdict({{"ask", "now(x)"}}, kBare, "{}") == Allow);
  CHECK(verdict({{"ask", "list(a*)"}}, kList, R"({"path":"abc"})") == Ask);  // the first, if none is required
  CHECK(verdict({{"ask", "now(*)"}}, kBare, "not json") == Ask);
  CHECK(verdict({{"ask", "shell(x)"}}, kShell, "not json") == Allow);  // the tool refuses it
}

TEST_CASE("a tool is hidden where no call of it can be allowed") {
  CHECK(is_denied({{"deny", "shell"}}, "shell"));
  CHECK(is_denied({{"deny", "shell(rm*)"}, {"deny", "*(*)"}}, "shell"));
  CHECK_FALSE(is_denied({{"deny", "shell(rm*)"}}, "shell"));
  CHECK_FALSE(is_denied({{"allow", "shell(ls*)"}, {"deny", "shell"}}, "shell"));
  CHECK_FALSE(is_denied({}, "shell"));
}

TEST_CASE("what all calls of a tool have in common is known before any is made") {
  CHECK(permission_for_all({}, "shell") == Permission::Allow);
  CHECK(permission_for_all({{"deny", "fs__*"}, {"ask", "shell"}, {"deny", "*"}}, "shell") == Permission::Ask);
  CHECK(permission_for_all({{"ask", "shell(git*)"}, {"ask", "*"}}, "shell") == Permission::Ask);
  CHECK(permission_for_all({{"allow", "shell(ls*)"}}, "shell") == Permission::Allow);
  CHECK(permission_for_all({{"ask", "shell(git*)"}}, "shell") == std::nullopt);
  CHECK(permission_for_all({{"allow", "shell(ls*)"}, {"deny", "shell"}}, "shell") == std::nullopt);
}

TEST_CASE("a pattern with many stars takes no longer than its lengths multiplied") {
  const std::string text(20'000, 'a');
  CHECK_FALSE(fits_glob(text, "*a*a*a*a*a*a*a*a*a*a*b"));
  CHECK(fits_glob(text, "*a*a*?*a"));
  CHECK(fits_glob("", "*"));
  CHECK_FALSE(fits_glob("", "?"));
}

}  // namespace agentd
