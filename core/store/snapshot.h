#pragma once

#include <functional>
#include <optional>

#include "core/event.h"
#include "core/store/memory_dir.h"

namespace agentd {

/// Reads the records after `since` of a run that anybody may be working on, from a copy: takes no lock,
/// disturbs nobody. Throws Error(Storage) if there is no journal, or it is damaged. Never in a process that
/// owns the run: closing the -wal there would drop the owner's lock on it.
void read_snapshot(const RunPaths& paths, std::int64_t since, const std::function<void(Record)>& each);

/// The last record alone, which takes no time to speak of however long the run is; none where nothing has
/// happened. As read_snapshot in all else.
std::optional<Record> read_last_record(const RunPaths& paths);

/// Changes whenever the journal may hold more than before: for following it cheaply. Not in an owner's
/// process either.
std::string snapshot_version(const RunPaths& paths);

}  // namespace agentd
