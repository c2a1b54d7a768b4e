#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/event.h"

namespace agentd {

/// The tool by which checks of an answer stand in the journal. Its arguments are those of the shell.
constexpr std::string_view kVerifyCall = "verify";

/// Settle: a dead invocation had started the call, and its tool can tell what became of it. Verify: no call
/// of the model, but a check of its answer.
enum class Purpose { Call, Settle, Verify };

/// What a child run may spend in all, beside its own limits.
struct Grant {
  std::optional<std::int64_t> tokens = {};
  std::optional<double> cost_usd = {};
  std::optional<std::int64_t> until_ms = {};  ///< wall clock
  bool operator==(const Grant&) const = default;
};

/// One call to be run now.
struct ToolRun {
  CallId call;
  std::string tool;
  std::string arguments;  ///< the model's text
  std::string key;        ///< idempotency key: the same on every attempt at this call
  Purpose purpose = Purpose::Call;
  Grant grant = {};         ///< of an agent tool
  std::string answer = {};  ///< that a check is for
  bool operator==(const ToolRun&) const = default;
};

class Tools {
 public:
  virtual ~Tools() = default;
  /// Runs the calls, several at a time, and hands over what came of each as it lands, on the caller's thread:
  /// ToolFinished; QuestionAsked or TimerSet, where others will end the call; ToolStarted, where a call to be
  /// settled has had no effect and is to be made anew; Suspended, where it cannot go on now. Returns when all
  /// have landed. A call that was cut off because `stop` has a reason does not land: it may have taken
  /// effect.
  virtual void run(std::span<const ToolRun> calls, const Stop& stop,
                   const std::function<void(Event)>& landed) = 0;
  /// All tools that there are now. Waits, for a while, for servers that have not told yet what they have.
  virtual std::vector<ToolSpec> specs(const Stop& stop) = 0;
  /// Whether they may be others than when they were asked for last.
  virtual bool have_changed() const { return false; }
  /// Why some are missing, a sentence each; said once.
  virtual std::vector<std::string> take_problems() { return {}; }
};

}  // namespace agentd
