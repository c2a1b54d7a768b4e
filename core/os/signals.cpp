#include "core/os/signals.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <ctime>
#include <system_error>

#include "core/error.h"

namespace agentd {
namespace {

constexpr std::array kSignals = {SIGHUP, SIGINT, SIGTERM};

/// What the handler knows: -1 while no stop lives.
std::atomic<int> wake_fd = -1;
std::atomic<std::int64_t> stopped_at_ms = 0;  ///< by boot_ms; 0: not yet
std::atomic<bool> interrupted = false;

/// Not by the default action alone: process 1 is deaf to it.
[[noreturn]] void die_of_interrupt() {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  ::sigaction(SIGINT, &action, nullptr);
  sigset_t interrupt;
  ::sigemptyset(&interrupt);
  ::sigaddset(&interrupt, SIGINT);
  ::pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
  ::raise(SIGINT);
  ::_exit(128 + SIGINT);
}

void on_signal(int signal) {
  const int saved_errno = errno;
  if (signal == SIGINT && interrupted.exchange(true)) die_of_interrupt();
  std::int64_t never = 0;
  stopped_at_ms.compare_exchange_strong(never, boot_ms());
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd, &one, sizeof one);
  errno = saved_errno;
}

class ProcessStop : public Stop {
 public:
  ProcessStop(std::optional<std::int64_t> deadline_ms, std::int64_t begun_ms)
      : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    if (deadline_ms) end_ms_ = begun_ms + *deadline_ms - std::min<std::int64_t>(2000, *deadline_ms / 10);
    stopped_at_ms = 0;
    interrupted = false;
    wake_fd = fd_;
    for (std::size_t i = 0; i < kSignals.size(); ++i) install(kSignals[i], before_[i]);
  }
  ~ProcessStop() override {
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
    wake_fd = -1;
    ::close(fd_);
  }
  StopReason reason() const override {
    // What came first: whoever set the deadline may send a signal soon after it.
    const std::int64_t signal_ms = stopped_at_ms;
    if (end_ms_ && (signal_ms != 0 ? signal_ms : boot_ms()) >= *end_ms_) return StopReason::Deadline;
    return signal_ms != 0 ? StopReason::Signal : StopReason::None;
  }
  std::optional<std::int64_t> time_left_ms() const override {
    if (!end_ms_) return {};
    return std::max<std::int64_t>(0, *end_ms_ - boot_ms());
  }
  int fd() const override { return fd_; }

 private:
  static void install(int signal, struct sigaction& before) {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    ::sigaction(signal, &action, &before);
    // nohup: the hang-up stays ignored.
    if (signal == SIGHUP && before.sa_handler == SIG_IGN) ::sigaction(signal, &before, nullptr);
  }

  int fd_;
  std::optional<std::int64_t> end_ms_;
  std::array<struct sigaction, kSignals.size()> before_ = {};
};

}  // namespace

std::unique_ptr<Stop> make_process_stop(std::optional<std::int64_t> deadline_ms,
                                        std::optional<std::int64_t> begun_ms) {
  return std::make_unique<ProcessStop>(deadline_ms, begun_ms.value_or(boot_ms()));
}

std::int64_t boot_ms() {
  timespec now = {};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace agentd
