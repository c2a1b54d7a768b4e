#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/runs.h"
#include "core/inbox.h"

namespace agentd {

/// A run that can go on now.
struct DueRun {
  std::string id;
  std::int64_t since_ms = 0;           ///< it could have
  std::int64_t expected_reply_ms = 0;  ///< how long a model call takes there
  bool operator==(const DueRun&) const = default;
};

/// Since when the run could go on with nobody's help; none: it has ended, waits for its time or a person, or
/// an invocation works on it. What people left in the inbox lets it go on too.
std::optional<std::int64_t> due_since(const RunView& view, std::span<const Letter> letters,
                                      std::int64_t now_ms);

/// A cheap look before that one: whether the last record leaves it possible. Of most runs it does not.
bool may_be_due(const Record& last, bool has_letters, std::int64_t now_ms);

/// Whoever has waited longest comes first.
void sort_by_wait(std::vector<DueRun>& runs);

/// Whether it makes sense to begin with that much time left. A run that gets nowhere in its invocation is
/// counted as one that may be stuck.
bool has_time(const DueRun& run, std::optional<std::int64_t> time_left_ms);

}  // namespace agentd
