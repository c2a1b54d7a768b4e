#include <chrono>
#include <iostream>
#include <thread>

#include "cli/commands.h"
#include "cli/memory_key.h"
#include "cli/narrate.h"
#include "cli/runs.h"
#include "core/store/ownership.h"
#include "core/store/snapshot.h"
#include "core/text.h"

namespace agentd {

namespace {

std::string line_of(const Record& record, Output output) {
  if (output == Output::Jsonl) return to_json_line(record);
  std::string line = std::to_string(record.seq) + "  " + format_time(record.at_ms) + "  " +
                     std::to_string(record.step) + "  " + std::string(kind_of(record.event));
  const std::string summary = summary_of(record.event);
  return summary.empty() ? line : line + "  " + summary;
}

bool ends_invocation(const Event& event) {
  return std::holds_alternative<Suspended>(event) || std::holds_alternative<Completed>(event) ||
         std::holds_alternative<Failed>(event) || std::holds_alternative<Cancelled>(event) ||
         std::holds_alternative<LimitReached>(event);
}

/// False: nobody works on the run any more, so nothing will come.
bool wait_for_more(const RunPaths& paths, const std::string& version) {
  constexpr std::chrono::milliseconds kPause{200};
  while (snapshot_version(paths) == version) {
    if (!is_held(paths.lock())) return snapshot_version(paths) != version;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

/// Prints what comes until the invocation ends or nobody reads any more.
void follow(const RunPaths& paths, const Args& args) {
  std::int64_t last = 0;  // from the first record, whatever --since says: the last one tells whether to wait
  bool is_over = false;
  while (true) {
    const std::string version = snapshot_version(paths);  // before the look, so that nothing falls between
    read_snapshot(paths, last, [&](const Record& record) {
      last = record.seq;
      is_over = ends_invocation(record.event);
      if (record.seq > args.since) std::cout << line_of(record, args.output) << '\n';
    });
    if (is_over || !std::cout.flush()) return;
    if (!wait_for_more(paths, version)) return;
  }
}

}  // namespace

Exit log_command(const Args& args) {
  const RunPaths paths = existing_run(look_at_memory(args), args.target);
  if (args.follow)
    follow(paths, args);
  else
    read_snapshot(paths, args.since,
                  [&](const Record& record) { std::cout << line_of(record, args.output) << '\n'; });
  return Exit::Completed;
}

}  // namespace agentd
