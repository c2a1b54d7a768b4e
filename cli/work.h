#pragma once

#include <functional>

#include "cli/args.h"
#include "cli/invocation.h"
#include "cli/report.h"
#include "core/os/system_clock.h"

namespace agentd {

/// How a run stands when this process is done with it.
struct Finish {
  RunPaths paths;
  State state;
  Standing standing;
  std::int64_t steps = 0;   ///< of this invocation
  bool has_worked = false;  ///< there was something to do
};

/// The result object of it, see result_json.
std::string result_json(const Finish& finish);

/// What it takes for this process to work on a run: `run`, `resume`, or a Lambda event that asks for them.
class Work {
 public:
  /// `person`: null, nobody is here.
  Work(const Args& args, Config config, MemoryDir memory, Person* person,
       std::function<void(const Record&)> observe);

  const MemoryDir& memory() const { return memory_; }

  /// What is missing is said before a new run leaves any trace.
  Finish start(const Wish& wish);
  /// Throws Error(Usage) if there is no such run.
  Finish resume(const std::string& run);

 private:
  Host host() { return {memory_, config_, clock_, *stop_, notices_, secrets_, person_}; }
  Finish go_on(const RunPaths& paths, const Invocation::MakeWish& make_wish);

  const Args& args_;
  Person* person_;
  std::function<void(const Record&)> observe_;
  Config config_;
  SystemClock clock_;
  std::unique_ptr<Stop> stop_;
  Notices notices_;
  Secrets secrets_;
  MemoryDir memory_;
};

}  // namespace agentd
