#include "core/loop.h"

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/fake_world.h"
#include "tests/support/story.h"

using namespace agentd;

namespace {

RunStarted a_task(const std::string& script) {
  RunStarted start = a_start();
  start.task.model.script = script;
  return start;
}

std::vector<std::string> kinds(const Lasting& lasting) {
  std::vector<std::string> all;
  for (const Record& record : lasting.journal.records) all.emplace_back(kind_of(record.event));
  return all;
}

/// `fire` needs a person.
RunStarted a_guarded_task(const std::string& script) {
  RunStarted start = a_task(script);
  start.task.permissions = {{"ask", "fire"}};
  return start;
}

/// Says one thing each time it is asked, and leaves when it has said all.
class TalkingPerson : public Person {
 public:
  explicit TalkingPerson(std::vector<std::vector<Letter>> replies) : replies_(std::move(replies)) {}
  bool can_answer(const State&) const override { return asked < replies_.size(); }
  std::vector<Letter> ask(const State&, const Stop&) override {
    if (on_ask) on_ask();
    return replies_.at(asked++);
  }
  std::size_t asked = 0;
  std::function<void()> on_ask;

 private:
  std::vector<std::vector<Letter>> replies_;
};

State finish(Lasting& lasting, const RunStarted& start, const Parts& parts = {}) {
  Fuse fuse;
  return live(lasting, start, fuse, parts);
}

}  // namespace

TEST_CASE("a run is told by its journal, event by event") {
  Lasting lasting;
  finish(lasting, a_task(R"([{"calls":[{"look":{}},{"fire":{}}]},{"answer":"42"}])"));
  CHECK(kinds(lasting) == std::vector<std::string>{"run_started", "invocation_started", "model_replied",
                                                   "tool_started", "tool_started", "tool_finished",
                                                   "tool_finished", "model_replied", "completed"});
}

TEST_CASE("the live state is the fold of the journal") {
  Lasting lasting;
  const State state = finish(lasting, a_task(R"([{"call":{"look":{}}},{"answer":"42"}])"));
  CHECK(state == fold(lasting.journal));
}

TEST_CASE("a reply and the start of its calls share one commit, so a step costs two") {
  Lasting lasting;
  finish(lasting, a_task(R"([{"call":{"look":{}}},{"call":{"look":{}}},{"answer":"42"}])"));
  // The opening, two for each of two steps, the answer with the end.
  CHECK(lasting.journal.commits == 1 + 2 * 2 + 1);
}

TEST_CASE("observers see what is durable, never more") {
  Lasting lasting;
  std::int64_t told = 0;
  const auto observe = [&](const Record& record) {
    CHECK(record.seq == ++told);
    CHECK(lasting.journal.records.size() >= static_cast<std::size_t>(record.seq));
  };
  const State state =
      finish(lasting, a_task(R"([{"call":{"look":{}}},{"answer":"42"}])"), {.observe = observe});
  CHECK(told == state.seq);
}

TEST_CASE("what a person says is shown to the model once, after the results, and the letter is removed") {
  Lasting lasting;
  lasting.letters = {{"l1", Letter::Kind::Say, "hurry"}};
  const State state = finish(lasting, a_task(R"([{"call":{"look":{}}},{"answer":"42"}])"));
  CHECK(lasting.letters.empty());
  CHECK(std::count(state.transcript.begin(), state.transcript.end(),
                   Message{.role = Role::User, .text = "hurry"}) == 1);
}

TEST_CASE("a letter that cannot be removed is not taken twice and does not hold up the run") {
  class StickyInbox : public Inbox {
   public:
    std::vector<Letter> read() override { return {{"l1", Letter::Kind::Say, "hurry"}}; }
    void remove(const Letter&) override {}
  };
  Lasting lasting;
  StickyInbox inbox;
  const State state = finish(lasting, a_task(R"([{"call":{"look":{}}},{"answer":"42"}])"), {.inbox = &inbox});
  CHECK(std::holds_alternative<Completed>(*state.ending));
  CHECK(state.letters.size() == 1);
}

TEST_CASE(
    "what is said while the last answer is on its way is answered too, and a cancel then still counts") {
  class LateInbox : public Inbox {
   public:
    LateInbox(const Lasting& lasting, Letter letter) : lasting_(lasting), letter_(std::move(letter)) {}
    std::vector<Letter> read() override {
      return lasting_.requests.size() == 1 && !is_taken_ ? std::vector{letter_} : std::vector<Letter>{};
    }
    void remove(const Letter&) override { is_taken_ = true; }

   private:
    const Lasting& lasting_;
    Letter letter_;
    bool is_taken_ = false;
  };
  const RunStarted start = a_task(R"([{"answer":"too early"},{"answer":"42"}])");
  Lasting said;
  LateInbox inbox(said, {"l1", Letter::Kind::Say, "wait"});
  CHECK(finish(said, start, {.inbox = &inbox}).ending == Ending{Completed{"42"}});
  Lasting cancelled;
  LateInbox cancel(cancelled, {"l1", Letter::Kind::Cancel, ""});
  CHECK(finish(cancelled, start, {.inbox = &cancel}).ending == Ending{Cancelled{"l1"}});
}

TEST_CASE("cancelling ends the run before the next call") {
  Lasting lasting;
  lasting.letters = {{"l1", Letter::Kind::Cancel, ""}};
  const State state = finish(lasting, a_task(R"([{"answer":"42"}])"));
  CHECK(state.ending == Ending{Cancelled{"l1"}});
  CHECK(lasting.requests.empty());
}

TEST_CASE("a stop during a call leaves it without a result, and the next invocation settles it") {
  Lasting lasting;
  const RunStarted start = a_task(R"([{"call":{"fire":{}}},{"answer":"done"}])");
  class StopAfterEffect : public Stop {
   public:
    explicit StopAfterEffect(const Lasting& lasting) : lasting_(lasting) {}
    StopReason reason() const override {
      return lasting_.effects.empty() ? StopReason::None : StopReason::Signal;
    }
    std::optional<std::int64_t> time_left_ms() const override { return {}; }
    int fd() const override { return -1; }

   private:
    const Lasting& lasting_;
  };
  const StopAfterEffect stop(lasting);
  const State stopped = finish(lasting, start, {.stop = &stop});
  REQUIRE(stopped.suspended);
  CHECK(stopped.suspended->reason == "signal");

  const State state = finish(lasting, start);
  CHECK(state.ending == Ending{Completed{"done"}});
  CHECK(lasting.effects["1.1"] == 1);
  CHECK(state.transcript.at(2).is_error);
}

TEST_CASE("a full disk stops the run with what was committed, and it goes on once there is room") {
  class FullJournal : public Journal {
   public:
    FullJournal(MemoryJournal& journal, int room) : journal_(journal), room_(room) {}
    void read(const std::function<void(Record)>& each) override { journal_.read(each); }
    void append(const Record& record) override { journal_.append(record); }
    void commit() override {
      if (room_-- == 0) throw Error(Exit::Storage, "the disk is full");
      journal_.commit();
    }

   private:
    MemoryJournal& journal_;
    int room_;
  };
  Lasting lasting;
  const RunStarted start = a_task(R"([{"call":{"look":{}}},{"answer":"42"}])");
  FullJournal full(lasting.journal, 2);
  CHECK_THROWS_AS(finish(lasting, start, {.journal = &full}), Error);
  CHECK(finish(lasting, start).ending == Ending{Completed{"42"}});
}

TEST_CASE("a run that needs an approval parks, and goes on with it") {
  Lasting lasting;
  const RunStarted start = a_guarded_task(R"([{"calls":[{"fire":{}},{"look":{}}]},{"answer":"42"}])");
  CHECK(finish(lasting, start).suspended->reason == "approval");
  CHECK(lasting.effects.empty());
  lasting.letters = {{"l1", Letter::Kind::Approve, "", {1, 1}}};
  CHECK(finish(lasting, start).ending == Ending{Completed{"42"}});
  CHECK(lasting.effects == std::map<std::string, int>{{"1.1", 1}, {"1.2", 1}});
  CHECK(kinds(lasting) == std::vector<std::string>{"run_started", "invocation_started", "model_replied",
                                                   "approval_requested", "suspended", "invocation_started",
                                                   "approval_given", "tool_started", "tool_started",
                                                   "tool_finished", "tool_finished", "model_replied",
                                                   "completed"});
}

TEST_CASE("an approval is of one call, not of others, and not of what is asked for later") {
  Lasting lasting;
  const RunStarted start =
      a_guarded_task(R"([{"call":{"look":{}}},{"calls":[{"fire":{}},{"fire":{}}]},{"answer":"42"}])");
  for (const CallId& call : {CallId{2, 1}, CallId{1, 1}, CallId{9, 9}, CallId{-1, 0}, CallId{}})
    lasting.letters.push_back({"early" + to_string(call), Letter::Kind::Approve, "", call});
  CHECK(finish(lasting, start).suspended->reason == "approval");
  CHECK(lasting.letters.empty());
  lasting.letters = {{"l1", Letter::Kind::Approve, "", {1, 1}}, {"l2", Letter::Kind::Approve, "", {2, 2}}};
  const State state = finish(lasting, start);
  CHECK(state.suspended->message.starts_with("call 2.1 needs an approval"));
  CHECK(lasting.effects == std::map<std::string, int>{{"1.1", 1}});
}

TEST_CASE("of contrary words about a call the first one holds") {
  Lasting lasting;
  const RunStarted start = a_guarded_task(R"([{"call":{"fire":{}}},{"answer":"42"}])");
  finish(lasting, start);
  lasting.letters = {{"l1", Letter::Kind::Deny, "not today", {1, 1}},
                     {"l2", Letter::Kind::Approve, "", {1, 1}},
                     {"l3", Letter::Kind::Deny, "again", {1, 1}}};
  const State state = finish(lasting, start);
  CHECK(state.ending == Ending{Completed{"42"}});
  CHECK(lasting.effects.empty());
  CHECK_THAT(state.transcript.at(2).text, ContainsSubstring("refused it: not today"));
  CHECK(state.transcript.at(2).is_error);
}

TEST_CASE("a cancel ends a run that waits for a person") {
  Lasting lasting;
  const RunStarted start = a_guarded_task(R"([{"call":{"fire":{}}},{"answer":"42"}])");
  finish(lasting, start);
  lasting.letters = {{"l1", Letter::Kind::Cancel, ""}, {"l2", Letter::Kind::Approve, "", {1, 1}}};
  CHECK(finish(lasting, start).ending == Ending{Cancelled{"l1"}});
  CHECK(lasting.effects.empty());
}

TEST_CASE("a person who is here is asked until everything is said, and a silence is no answer") {
  Lasting lasting;
  const RunStarted start =
      a_guarded_task(R"([{"calls":[{"fire":{}},{"fire":{}},{"ask":{}}]},{"answer":"42"}])");
  TalkingPerson person({{},
                        {{"", Letter::Kind::Approve, "", {1, 1}}},
                        {},
                        {{"", Letter::Kind::Deny, "too much", {1, 2}}},
                        {},
                        {{"", Letter::Kind::Say, "blue"}}});
  const State state = finish(lasting, start, {.person = &person});
  CHECK(state.ending == Ending{Completed{"42"}});
  CHECK(lasting.effects == std::map<std::string, int>{{"1.1", 1}, {"1.3", 1}});
  CHECK(state.transcript.at(4).text == "blue");
  CHECK(state == fold(lasting.journal));
}

TEST_CASE("a person who leaves lets the run park") {
  Lasting lasting;
  const RunStarted start = a_guarded_task(R"([{"calls":[{"fire":{}},{"fire":{}}]},{"answer":"42"}])");
  TalkingPerson person({{{"", Letter::Kind::Approve, "", {1, 2}}}, {}});
  const State state = finish(lasting, start, {.person = &person});
  CHECK(state.suspended->reason == "approval");
  CHECK(person.asked == 2);
  CHECK(lasting.effects.empty());
}

TEST_CASE("an approval that comes from elsewhere while a person is asked counts as well") {
  Lasting lasting;
  const RunStarted start = a_guarded_task(R"([{"call":{"fire":{}}},{"answer":"42"}])");
  TalkingPerson person({{}, {{"", Letter::Kind::Deny, "too late", {1, 1}}}});
  person.on_ask = [&] { lasting.letters = {{"l1", Letter::Kind::Approve, "", {1, 1}}}; };
  CHECK(finish(lasting, start, {.person = &person}).ending == Ending{Completed{"42"}});
  CHECK(person.asked == 1);
  CHECK(lasting.effects.at("1.1") == 1);
}

TEST_CASE("a short wait is slept through, a long one suspends until then, and both end on time") {
  Lasting lasting;
  const RunStarted start =
      a_task(R"([{"call":{"wait":{"ms":60000}}},{"call":{"wait":{"ms":60001}}},{"answer":"42"}])");
  const State parked = finish(lasting, start);
  REQUIRE(parked.suspended);
  CHECK(parked.suspended->reason == "timer");
  CHECK(parked.suspended->resume_at_ms == 1'000'000 + 60'000 + 60'001);
  CHECK_THAT(parked.transcript.at(2).text, ContainsSubstring("It is now 1970-01-01T00:17:40Z"));
  lasting.now_ms = 1'000'000 + 60'000 + 1000;  // a minute is left
  CHECK(finish(lasting, start).ending == Ending{Completed{"42"}});
}

TEST_CASE("what is said during a wait ends it, and comes after its result") {
  Lasting lasting;
  const RunStarted start = a_task(R"([{"call":{"wait":{"ms":3600000}}},{"answer":"42"}])");
  finish(lasting, start);
  lasting.letters = {{"l1", Letter::Kind::Say, "it is there"}};
  const State state = finish(lasting, start);
  CHECK(state.ending == Ending{Completed{"42"}});
  CHECK_THAT(state.transcript.at(2).text, ContainsSubstring("ended early"));
  CHECK(state.transcript.at(3) == Message{.role = Role::User, .text = "it is there"});
}

TEST_CASE("a check that kills the process each time ends the run as stuck, not in a loop") {
  RunStarted start = a_task(R"([{"answer":"42"}])");
  start.task.verify = {{.shell = "kill -9 $PPID"}};
  Lasting lasting;
  int lives = 0;
  for (; lives < 20 && !fold(lasting.journal).ending; ++lives) {
    Fuse fuse;
    fuse.on_pass = [&, before = lasting.effects](int) {
      if (lasting.effects != before) throw Crash{};
    };
    try {
      live(lasting, start, fuse);
    } catch (const Crash&) {
    }
  }
  CHECK(std::get<Failed>(fold(lasting.journal).ending.value()).reason == "stuck");
  CHECK(lives == 7);
}
