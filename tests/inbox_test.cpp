#include "core/store/inbox.h"

#include <sys/stat.h>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/run_ground.h"

using namespace agentd;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> texts_in(InboxFolder& inbox) {
  std::vector<std::string> texts;
  for (const Letter& letter : inbox.read()) texts.push_back(letter.text);
  return texts;
}

}  // namespace

TEST_CASE("Letters are read whole, in the order they were left, until they are removed", "[store]") {
  const RunGround run;
  InboxFolder inbox(run.paths), other(run.paths);
  CHECK(inbox.read().empty());
  inbox.leave({"", Letter::Kind::Say, "first: Grüße, \"quoted\" \n\x01"}, 1000);
  other.leave({"", Letter::Kind::Say, "second, in the same millisecond"}, 1000);
  inbox.leave({"", Letter::Kind::Cancel, ""}, 1000);
  other.leave({"", Letter::Kind::Say, "fourth, though its clock is late"}, 5);
  const std::vector<Letter> letters = inbox.read();
  REQUIRE(letters.size() == 4);
  CHECK(letters[0] == Letter{letters[0].id, Letter::Kind::Say, "first: Grüße, \"quoted\" \n\x01"});
  CHECK(letters[2] == Letter{letters[2].id, Letter::Kind::Cancel, ""});
  CHECK(texts_in(inbox).back() == "fourth, though its clock is late");
  CHECK(inbox.read() == letters);

  inbox.remove(letters[0]);
  inbox.remove(letters[0]);
  inbox.remove(letters[2]);
  CHECK(other.read() == std::vector<Letter>{letters[1], letters[3]});
}

TEST_CASE("A letter's name never comes again", "[store]") {
  const RunGround run;
  InboxFolder inbox(run.paths);
  inbox.leave({"", Letter::Kind::Say, "one"}, 1000);
  const Letter first = inbox.read().front();
  inbox.remove(first);
  inbox.leave({"", Letter::Kind::Say, "two"}, 1000);
  CHECK(inbox.read().front().id != first.id);
}

TEST_CASE("A letter with a key can be told from others, in the inbox and in the journal", "[store]") {
  const RunGround run;
  InboxFolder inbox(run.paths);
  inbox.leave({"", Letter::Kind::Say, "once"}, 1'000, "request-1");
  const std::string id = inbox.read().at(0).id;
  CHECK((has_key(id, "request-1") && !has_key(id, "request-2")));
}

TEST_CASE("Approvals and refusals name their call", "[store]") {
  const RunGround run;
  InboxFolder inbox(run.paths);
  inbox.leave({"", Letter::Kind::Approve, "", {3, 12}}, 1000);
  inbox.leave({"", Letter::Kind::Deny, "not \"today\"", {1, 1}}, 1001);
  const std::vector<Letter> letters = inbox.read();
  REQUIRE(letters.size() == 2);
  CHECK(letters[0] == Letter{letters[0].id, Letter::Kind::Approve, "", {3, 12}});
  CHECK(letters[1] == Letter{letters[1].id, Letter::Kind::Deny, "not \"today\"", {1, 1}});
}

TEST_CASE("What is no letter is passed over and left alone", "[store]") {
  const RunGround run;
  InboxFolder inbox(run.paths);
  for (const auto& [name, text] : std::map<std::string, std::string>{
           {"a", ""},
           {"b", "hello"},
           {"c", "[]"},
           {"d", R"({"kind":"say"})"},
           {"e", R"({"kind":"dance","text":"x"})"},
           {"f", R"({"kind":"say","text":7})"},
           {"g", R"({"kind":["say"],"text":"x"})"},
           {"h", "{\"kind\":\"say\",\"text\":\"\xff\"}"},
           {"i", R"({"kind":"say","text":")" + std::string(2'000'000, 'x') + "\"}"},
           {"j", std::string(100'000, '[')},
           {"l", R"({"kind":"approve","text":""})"},
           {"m", R"({"kind":"approve","text":"","call":7})"},
           {"n", R"({"kind":"approve","text":"","call":"1"})"},
           {"o", R"({"kind":"deny","text":"","call":"1.1.1"})"},
           {"p", R"({"kind":"deny","text":"","call":" 1.1"})"},
           {"q", R"({"kind":"deny","text":"","call":"99999999999999999999.1"})"},
           {"r", R"({"kind":"approve","text":"","call":null})"},
           {"s", R"({"kind":"approve","text":null,"call":"1.1"})"},
           {".k", R"({"kind":"say","text":"half written"})"},
           {"99999999999999999999-x", "junk"},
           {"09223372036854775807", "junk"}}) {
    write_text(run.paths.inbox() / name, text);
  }
  fs::create_directory(run.paths.inbox() / "folder");
  ::mkfifo((run.paths.inbox() / "pipe").c_str(), 0600);
  fs::create_symlink("/etc/passwd", run.paths.inbox() / "link");
  fs::create_symlink("nowhere", run.paths.inbox() / "dangling");
  const auto before = files_below(run.paths.inbox());
  CHECK(inbox.read().empty());
  inbox.leave({"", Letter::Kind::Say, "hello"}, 1000);
  CHECK(texts_in(inbox) == std::vector<std::string>{"hello"});
  inbox.remove(inbox.read().front());
  CHECK(files_below(run.paths.inbox()) == before);
}

TEST_CASE("A letter written by hand is read too", "[store][plain]") {
  const RunGround run;
  InboxFolder inbox(run.paths);
  write_text(run.paths.inbox() / "from-me.json", R"( {"text": "hi", "kind": "say", "why": "no reason"} )");
  CHECK(inbox.read() == std::vector<Letter>{{"from-me.json", Letter::Kind::Say, "hi"}});
}

TEST_CASE("A text that is not UTF-8 is left with marks in its place", "[store]") {
  const RunGround run;
  InboxFolder inbox(run.paths);
  inbox.leave({"", Letter::Kind::Say,
               "a\xff"
               "b"},
              1000);
  CHECK(texts_in(inbox) == std::vector<std::string>{"a\ufffd"
                                                    "b"});
}

TEST_CASE("A run without an inbox has no letters and takes none", "[store]") {
  const RunGround run;
  InboxFolder inbox(run.paths);
  fs::remove_all(run.paths.inbox());
  CHECK(inbox.read().empty());
  CHECK_THROWS_AS(inbox.leave({"", Letter::Kind::Say, "hello"}, 1000), Error);
}
