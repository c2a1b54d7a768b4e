#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/state.h"
#include "core/store/memory_dir.h"

namespace agentd {

/// How a run stands, in the words of the contract's result object.
struct Standing {
  std::string status;  ///< completed, failed, cancelled, suspended, waiting, limit, busy, storage; running
  std::string reason;
  std::string message;  ///< one sentence for people; empty when all is well
  Exit exit = Exit::Completed;
  bool operator==(const Standing&) const = default;
};
Standing standing_of(const State& state);

/// The contract's result object with all its fields, the answer left out.
/// `below`: the children that need a person.
nlohmann::ordered_json report_of(const State& state, const Standing& standing, std::int64_t now_ms,
                                 const std::vector<State>& below = {});

/// The result object on one line, always under 200 KB: a longer answer goes to result.txt in the run's
/// folder.
std::string result_json(const State& state, const Standing& standing, std::int64_t steps_this_invocation,
                        std::int64_t now_ms, const RunPaths& paths);

/// The same where nothing is known of the run but its id, which may be empty.
std::string result_without_state(const std::string& run, const Standing& standing);

/// The last line of --output jsonl: the result object, marked as such.
std::string result_line(const std::string& result_json);

/// "; to go on not before TIME" of a suspended run that waits, to follow its message; else empty.
std::string resume_text(const State& state);

/// For tables: "$0.0912"; "-" where a price is unknown.
std::string cost_text(const State& state);

/// The answer of a completed run; null for any other.
const std::string* answer_of(const State& state);

}  // namespace agentd
