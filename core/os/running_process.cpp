#include "core/os/running_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <system_error>
#include <thread>

#include "core/os/group.h"

// One thread does it all: it starts the program, which dies with the thread that started it, feeds it, reads
// it and buries it. Others only leave bytes in a queue.

namespace agentd {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Time = SteadyClock::time_point;
using std::chrono::milliseconds;
using End = ProcessResult::End;

constexpr std::size_t kMostQueued = 64 << 20;  // bytes that it has not read
constexpr milliseconds kFarewell{300};         // from the end of its stdin to SIGTERM
constexpr milliseconds kGrace{300};            // from there to SIGKILL
constexpr milliseconds kDrain{100};            // for what its pipes still hold when it has ended

class PipedProcess final : public RunningProcess {
 public:
  PipedProcess(const ProcessRequest& request, ProcessWatcher& watcher)
      : request_(request), watcher_(watcher), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    thread_ = std::thread([this] { work(); });
  }
  PipedProcess(const PipedProcess&) = delete;
  PipedProcess& operator=(const PipedProcess&) = delete;
  ~PipedProcess() override {
    close();
    thread_.join();
  }

  bool write(std::string_view bytes) override {
    {
      const std::lock_guard lock(mutex_);
      if (deaf_ || closing_ || queue_.size() + bytes.size() > kMostQueued) return false;
      queue_ += bytes;
    }
    ::eventfd_write(wake_.get(), 1);
    return true;
  }

  void close() override {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    ::eventfd_write(wake_.get(), 1);
  }

 private:
  enum class Phase { Talking, Leaving, Terminating, Dying };

  void work();
  void talk();
  void wait_for_news();
  int wait_ms() const;
  void feed();
  void deafen();
  void drain();
  bool read(Fd& pipe, void (ProcessWatcher::*hear)(std::string_view));
  void next_phase();
  void heed_wishes();
  bool has_queue();

  ProcessRequest request_;
  ProcessWatcher& watcher_;
  Fd wake_;
  Spawned process_;
  Fd leader_;
  Phase phase_ = Phase::Talking;
  Time until_ = Time::max();  ///< when the next phase begins
  std::string feeding_;       ///< taken out of the queue
  std::size_t fed_ = 0;       ///< so much of it has been written

  std::mutex mutex_;  ///< of what follows
  std::string queue_;
  bool closing_ = false;
  bool deaf_ = false;  ///< it has closed its stdin
  std::thread thread_;
};

void PipedProcess::work() {
  // Here, in this thread alone, a write to a program that has gone is an error and no signal.
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  adopt_orphans();
  ProcessResult result;
  try {
    process_ = spawn(request_, Stdio::Piped);
    leader_ = open_leader(process_);
    talk();
    const bool ended_itself = phase_ == Phase::Talking || phase_ == Phase::Leaving;
    drain();
    result = process_result(ended_itself ? End::Exited : End::Interrupted,
                            kill_group(process_, request_.death_ms));
  } catch (const std::system_error& error) {
    result = {End::NotStarted, error.code().value(), error.what()};
  }
  deafen();
  watcher_.ended(result);
}

void PipedProcess::talk() {
  while (phase_ != Phase::Dying && !leader_has_ended(process_)) {
    wait_for_news();
    if (phase_ == Phase::Talking) heed_wishes();
    if (SteadyClock::now() >= until_) next_phase();
  }
}

void PipedProcess::heed_wishes() {
  const bool fed = !has_queue();
  const std::lock_guard lock(mutex_);
  // A program that has closed its stdout can answer nothing more.
  const bool over = !process_.output || (closing_ && fed);
  if (over) {
    until_ = SteadyClock::now();
  } else if (closing_ && until_ == Time::max()) {
    until_ = SteadyClock::now() + kFarewell;  // for a last long message
  }
}

void PipedProcess::next_phase() {
  if (phase_ == Phase::Talking) {
    deafen();
    phase_ = Phase::Leaving;
    until_ = SteadyClock::now() + kFarewell;
  } else if (phase_ == Phase::Leaving) {
    ::kill(-process_.leader, SIGTERM);
    phase_ = Phase::Terminating;
    until_ = SteadyClock::now() + kGrace;
  } else {
    phase_ = Phase::Dying;
  }
}

bool PipedProcess::has_queue() {
  const std::lock_guard lock(mutex_);
  return !queue_.empty() || !feeding_.empty();
}

int PipedProcess::wait_ms() const {
  const auto left = std::chrono::ceil<milliseconds>(until_ - SteadyClock::now()).count();
  const std::int64_t most = leader_ ? 60'000 : 10;
  return static_cast<int>(std::clamp<std::int64_t>(left, 1, most));
}

void PipedProcess::wait_for_news() {
  const bool feeds = process_.input && has_queue();
  std::array<pollfd, 5> polls = {{{wake_.get(), POLLIN, 0},
                                  {leader_.get(), POLLIN, 0},
                                  {process_.output.get(), POLLIN, 0},
                                  {process_.errors.get(), POLLIN, 0},
                                  {feeds ? process_.input.get() : -1, POLLOUT, 0}}};
  ::poll(polls.data(), polls.size(), wait_ms());
  eventfd_t ignored = 0;
  if (polls[0].revents != 0) ::eventfd_read(wake_.get(), &ignored);
  if (polls[2].revents != 0) read(process_.output, &ProcessWatcher::output);
  if (polls[3].revents != 0) read(process_.errors, &ProcessWatcher::errors);
  if (polls[4].revents != 0) feed();
}

void PipedProcess::feed() {
  if (feeding_.empty()) {
    const std::lock_guard lock(mutex_);
    feeding_.swap(queue_);
  }
  const ssize_t wrote = ::write(process_.input.get(), feeding_.data() + fed_, feeding_.size() - fed_);
  if (wrote < 0 && errno != EAGAIN && errno != EINTR) return deafen();
  if (wrote > 0) fed_ += static_cast<std::size_t>(wrote);
  if (fed_ < feeding_.size()) return;
  feeding_.clear();
  fed_ = 0;
}

void PipedProcess::deafen() {
  const std::lock_guard lock(mutex_);
  process_.input.close();
  deaf_ = true;
  queue_.clear();
  feeding_.clear();
}

/// It cannot block for long: writers that outlive their leader are given a moment, a flood is cut.
void PipedProcess::drain() {
  const Time until = SteadyClock::now() + kDrain;
  for (;;) {
    std::array<pollfd, 2> polls = {{{process_.output.get(), POLLIN, 0}, {process_.errors.get(), POLLIN, 0}}};
    const auto left = std::chrono::ceil<milliseconds>(until - SteadyClock::now()).count();
    if (left <= 0 || (!process_.output && !process_.errors)) return;
    if (::poll(polls.data(), polls.size(), static_cast<int>(left)) <= 0) return;
    if (polls[0].revents != 0) read(process_.output, &ProcessWatcher::output);
    if (polls[1].revents != 0) read(process_.errors, &ProcessWatcher::errors);
  }
}

bool PipedProcess::read(Fd& pipe, void (ProcessWatcher::*hear)(std::string_view)) {
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(pipe.get(), buffer.data(), buffer.size());
  if (got > 0) (watcher_.*hear)({buffer.data(), static_cast<std::size_t>(got)});
  if (got == 0) pipe.close();
  return got > 0;
}

/// Where no thread can be had.
class NoProcess final : public RunningProcess {
 public:
  bool write(std::string_view) override { return false; }
  void close() override {}
};

}  // namespace

std::unique_ptr<RunningProcess> start_process(const ProcessRequest& request, ProcessWatcher& watcher) {
  try {
    return std::make_unique<PipedProcess>(request, watcher);
  } catch (const std::system_error& error) {
    watcher.ended({End::NotStarted, error.code().value(), error.what()});
    return std::make_unique<NoProcess>();
  }
}

}  // namespace agentd
