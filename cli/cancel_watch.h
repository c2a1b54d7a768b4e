#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/store/memory_dir.h"

namespace agentd {

/// While this lives, a cancel that somebody leaves in the inbox interrupts the call that is going on, as
/// SIGTERM does; the loop then finds the letter.
class CancelWatch {
 public:
  explicit CancelWatch(RunPaths paths);
  ~CancelWatch();
  CancelWatch(const CancelWatch&) = delete;
  CancelWatch& operator=(const CancelWatch&) = delete;

 private:
  void watch();

  RunPaths paths_;
  std::mutex mutex_;
  std::condition_variable over_;
  bool is_over_ = false;
  std::thread thread_;  ///< last: it uses all the others
};

}  // namespace agentd
