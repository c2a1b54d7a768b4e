#include "core/journal.h"

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/child.h"
#include "tests/support/memory_journal.h"
#include "tests/support/run_ground.h"

using namespace agentd;

namespace {

/// The same promises for the journal and its fake: reopen() is what a new process sees.
struct InMemory {
  Journal& reopen() {
    journal.reopen();
    return journal;
  }
  MemoryJournal journal;
};

struct InSqlite {
  Journal& reopen() {
    owner.reset();
    owner = std::make_unique<Owner>(ground.paths);
    return *owner->journal;
  }
  RunGround ground;
  std::unique_ptr<Owner> owner;
};

std::vector<Record> records_up_to(std::int64_t last) {
  std::vector<Record> records;
  for (std::int64_t seq = 1; seq <= last; ++seq) records.push_back(a_record(seq));
  return records;
}

}  // namespace

TEMPLATE_TEST_CASE("A new journal has no records", "[journal]", InMemory, InSqlite) {
  TestType ground;
  CHECK(all_records(ground.reopen()).empty());
}

TEMPLATE_TEST_CASE("Committed records come back whole and in order", "[journal]", InMemory, InSqlite) {
  TestType ground;
  Journal& journal = ground.reopen();
  const std::vector<Record> records = {
      {1, -5, 0, InvocationStarted{"host", 42, "0.1.0"}},
      {2, 1'700'000'000'000, 7, UserSaid{"quotes ' \" \\ and \n\t\r\x01 and '); DROP TABLE event; --", ""}},
      {3, 0, 7, UserSaid{"Grüße, 日本, 🦊, \u2028, \ufeff", "letter"}},
      {4, 0, 7, UserSaid{std::string("a\0b", 3), ""}},
      {5, 0, 8, ToolFinished{{8, 1}, {Outcome::Unknown, std::string(3'000'000, 'x'), "outputs/8.1"}, 12}},
      {6, 0, 8, Completed{""}}};
  for (const Record& record : records) journal.append(record);
  journal.commit();
  CHECK(all_records(journal) == records);
  CHECK(all_records(ground.reopen()) == records);
}

TEMPLATE_TEST_CASE("What was not committed is gone in the next process", "[journal]", InMemory, InSqlite) {
  TestType ground;
  ground.reopen().append(a_record(1));
  CHECK(all_records(ground.reopen()).empty());
  Journal& journal = ground.reopen();
  journal.append(a_record(1));
  journal.commit();
  journal.append(a_record(2, std::string(2'000'000, 'y')));
  journal.append(a_record(3));
  CHECK(all_records(ground.reopen()) == records_up_to(1));
}

TEMPLATE_TEST_CASE("A journal goes on where the last process committed", "[journal]", InMemory, InSqlite) {
  TestType ground;
  for (std::int64_t seq = 1; seq <= 10; ++seq) {
    Journal& journal = ground.reopen();
    journal.append(a_record(seq));
    journal.commit();
  }
  CHECK(all_records(ground.reopen()) == records_up_to(10));
}

TEMPLATE_TEST_CASE("A commit of nothing does nothing", "[journal]", InMemory, InSqlite) {
  TestType ground;
  Journal& journal = ground.reopen();
  journal.commit();
  journal.append(a_record(1));
  journal.commit();
  journal.commit();
  CHECK(all_records(ground.reopen()) == records_up_to(1));
}

TEMPLATE_TEST_CASE("A seq that is not the next ends the process with 74", "[journal]", InMemory, InSqlite) {
  TestType ground;
  const std::int64_t seq = GENERATE(-1, 0, 1, 2, 4);
  const Ended ended = run_apart([&] {
    Journal& journal = ground.reopen();
    for (const Record& record : records_up_to(2)) journal.append(record);
    journal.commit();
    journal.append(a_record(seq));
    journal.commit();
  });
  CHECK(ended.status == 74);
  CHECK_THAT(ended.errors, ContainsSubstring("seq " + std::to_string(seq) + " is not the next"));
}

TEMPLATE_TEST_CASE("A reader's own failure reaches its caller as it is", "[journal]", InMemory, InSqlite) {
  TestType ground;
  Journal& journal = ground.reopen();
  journal.append(a_record(1));
  journal.commit();
  CHECK_THROWS_AS(journal.read([](Record) { throw 42; }), int);
  CHECK(all_records(journal) == records_up_to(1));
}
