#include "core/os/signals.h"

#include <poll.h>

#include <csignal>

#include "core/os/system_clock.h"
#include "tests/support/catch.h"
#include "tests/support/child.h"
#include "tests/support/fake_stop.h"

using namespace agentd;

namespace {

bool is_readable(int fd) {
  pollfd ready = {fd, POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

}  // namespace

TEST_CASE("A signal stops the invocation and wakes whoever waits", "[os]") {
  const int signal = GENERATE(SIGINT, SIGTERM, SIGHUP);
  const Ended ended = run_apart([&] {
    const auto stop = make_process_stop({});
    expect(stop->reason() == StopReason::None && !is_readable(stop->fd()), "quiet");
    ::raise(signal);
    expect(stop->reason() == StopReason::Signal, "stopped");
    expect(is_readable(stop->fd()) && is_readable(stop->fd()), "readable for good");
    expect(!stop->time_left_ms(), "no deadline");
  });
  CHECK(ended.errors == "");
  CHECK(ended.status == 0);
}

TEST_CASE("A second SIGINT kills, a SIGTERM or two do not", "[os]") {
  CHECK(run_apart([] {
          const auto stop = make_process_stop({});
          ::raise(SIGINT);
          ::raise(SIGTERM);
          ::raise(SIGTERM);
          ::raise(SIGINT);
        }).status == -SIGINT);
  CHECK(run_apart([] {
          const auto stop = make_process_stop({});
          ::raise(SIGTERM);
          ::raise(SIGTERM);
          ::raise(SIGINT);
        }).status == 0);
}

TEST_CASE("The handlers go with the stop", "[os]") {
  CHECK(run_apart([] {
          make_process_stop({});
          ::raise(SIGTERM);
        }).status == -SIGTERM);
  CHECK(run_apart([] {
          auto stop = make_process_stop({});
          ::raise(SIGINT);
          stop.reset();
          stop = make_process_stop({});
          expect(stop->reason() == StopReason::None, "begins anew");
          ::raise(SIGINT);
        }).status == 0);
}

TEST_CASE("Under nohup a hang-up is ignored; a shell's ignored SIGINT is not", "[os]") {
  const Ended ended = run_apart([] {
    ::signal(SIGHUP, SIG_IGN);
    ::signal(SIGINT, SIG_IGN);
    const auto stop = make_process_stop({});
    ::raise(SIGHUP);
    expect(stop->reason() == StopReason::None, "goes on");
    ::raise(SIGINT);
    expect(stop->reason() == StopReason::Signal, "stops");
  });
  CHECK(ended.errors == "");
}

TEST_CASE("The deadline comes earlier by its margin", "[os]") {
  const auto left = [](std::int64_t deadline_ms) {
    return make_process_stop(deadline_ms)->time_left_ms().value();
  };
  CHECK(left(0) == 0);
  CHECK(left(-5) == 0);
  CHECK((left(10'000) > 0 && left(10'000) <= 9'000));
  CHECK((left(3'600'000) > 3'000'000 && left(3'600'000) <= 3'598'000));
  CHECK(make_process_stop(0)->reason() == StopReason::Deadline);
  CHECK(make_process_stop(10'000, boot_ms() - 9'000)->reason() == StopReason::Deadline);
  CHECK(make_process_stop(3'600'000)->reason() == StopReason::None);
}

TEST_CASE("An invocation ends for what came first, its deadline or a signal", "[os]") {
  const Ended ended = run_apart([] {
    const auto late = make_process_stop(0);
    ::raise(SIGTERM);
    expect(late->reason() == StopReason::Deadline, "the deadline had passed");
  });
  CHECK((ended.errors.empty() && ended.status == 0));
}

TEST_CASE("Sleeping ends at its time, at a signal, or at the deadline", "[os]") {
  SystemClock clock;
  const std::int64_t far = clock.now_ms() + 3'600'000;
  NeverStop never;
  clock.sleep_until(clock.now_ms() - 1, never);
  const std::int64_t soon = clock.now_ms() + 5;
  clock.sleep_until(soon, never);
  CHECK(clock.now_ms() >= soon);
  FakeStop signalled;
  signalled.signal();
  clock.sleep_until(far, signalled);
  clock.sleep_until(far, *make_process_stop(20));
  Child child([&](const Line& line) {
    const auto stop = make_process_stop({});
    line.tell();
    clock.sleep_until(far, *stop);
  });
  REQUIRE(child.line().await());
  child.kill(SIGTERM);
  CHECK(child.wait() == 0);
}

TEST_CASE("The clocks go forward", "[os]") {
  SystemClock clock;
  const std::int64_t before = clock.monotonic_ms();
  CHECK(clock.monotonic_ms() >= before);
  CHECK(clock.now_ms() > 1'600'000'000'000);
}
