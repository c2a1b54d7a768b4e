#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/process.h"

namespace agentd {

/// What came of a run when it was its turn in a tick.
struct RunTurn {
  std::string run;
  std::string status;  ///< as in the result object; empty: nothing was run
  std::string reason;
  std::string message;  ///< one sentence for people; may be empty
  int exit = 0;
  bool can_go_on = false;  ///< at once, if it is given more time
  bool operator==(const RunTurn&) const = default;
};

/// `result`: the result object that its process printed; empty: none.
RunTurn turn_of(const std::string& run, const std::string& result, const ProcessResult& ended);
/// A run whose journal cannot be read.
RunTurn broken_turn(const std::string& run, const std::string& message);

/// "digest-1  failed  auth: MESSAGE"
std::string turn_text(const RunTurn& turn);

/// One object, under 200 KB; its status tells how the tick ended. `remaining`: runs that could go on and had
/// no turn.
std::string turns_json(std::span<const RunTurn> turns, std::int64_t remaining);

/// How a tick ends: Storage if a run is broken; else Failed if somebody should look; else Suspended if a run
/// can go on at once; else Completed.
Exit tick_exit(std::span<const RunTurn> turns, std::int64_t remaining);

}  // namespace agentd
