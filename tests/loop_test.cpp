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
