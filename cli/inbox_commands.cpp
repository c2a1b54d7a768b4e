#include <iostream>

#include "cli/commands.h"
#include "cli/report.h"
#include "cli/run.h"
#include "cli/runs.h"
#include "core/os/system_clock.h"
#include "core/store/inbox.h"

namespace agentd {

namespace {

/// Whether nothing can happen in the run any more; says so if that is the case.
bool has_ended(const State& state) {
  if (!state.ending) return false;
  const auto* failed = std::get_if<Failed>(&*state.ending);
  if ((failed != nullptr && failed->can_resume) || std::holds_alternative<LimitReached>(*state.ending))
    return false;
  std::cerr << "agentd: run " << state.run << " has already ended: " << standing_of(state).status << '\n';
  return true;
}

}  // namespace

Exit send_command(const Args& args) {
  const RunPaths paths = existing_run(MemoryDir::look(args.memory), args.target);
  if (has_ended(view_run(paths).state)) return Exit::Failed;
  InboxFolder(paths).leave(Letter::Kind::Say, args.text, SystemClock().now_ms());
  std::cerr << "left for run " << args.target << ": it takes that up at its next step\n";
  return Exit::Completed;
}

Exit cancel_command(const Args& args) {
  const MemoryDir memory = MemoryDir::look(args.memory);
  const RunPaths paths = existing_run(memory, args.target);
  if (has_ended(view_run(paths).state)) return Exit::Failed;
  InboxFolder(paths).leave(Letter::Kind::Cancel, "", SystemClock().now_ms());
  take_in_letters(memory, args.target);
  const bool is_done = standing_of(view_run(paths).state).status == "cancelled";
  std::cerr << "run " << args.target
            << (is_done ? " is cancelled\n" : " will be cancelled by the invocation that works on it\n");
  return Exit::Completed;
}

}  // namespace agentd
