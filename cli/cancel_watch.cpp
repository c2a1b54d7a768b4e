#include "cli/cancel_watch.h"

#include <algorithm>
#include <chrono>
#include <csignal>

#include "core/error.h"
#include "core/store/inbox.h"

namespace agentd {

CancelWatch::CancelWatch(RunPaths paths) : paths_(std::move(paths)), thread_([this] { watch(); }) {}

CancelWatch::~CancelWatch() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  over_.notify_one();
  thread_.join();
}

void CancelWatch::watch() {
  constexpr std::chrono::seconds kPause{1};
  const auto is_cancel = [](const Letter& letter) { return letter.kind == Letter::Kind::Cancel; };
  InboxFolder inbox(paths_);
  std::unique_lock lock(mutex_);
  while (!over_.wait_for(lock, kPause, [this] { return is_over_; })) {
    try {
      const auto letters = inbox.read();
      if (std::none_of(letters.begin(), letters.end(), is_cancel)) continue;
    } catch (const Error&) {
      return;  // the loop reads the same folder, and tells
    }
    std::raise(SIGTERM);
    return;
  }
}

}  // namespace agentd
