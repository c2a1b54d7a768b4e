#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/forgetting.h"
#include "cli/memory_key.h"
#include "cli/runs.h"
#include "cli/table.h"
#include "core/os/signals.h"
#include "core/os/system_clock.h"
#include "core/store/ownership.h"
#include "core/text.h"

namespace agentd {

namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void refuse(const std::string& message) {
  throw Error(Exit::Usage, message);
}

bool is_over(const KeptRun& run) {
  return run.status == "completed" || run.status == "cancelled";
}

/// Before anything is erased: one mistake must not leave half of it done.
std::vector<KeptRun> named_runs(const MemoryDir& memory, const std::vector<std::string>& ids) {
  std::vector<KeptRun> runs;
  for (const std::string& id : ids) {
    existing_run(memory, id);
    KeptRun run = look_at_kept(memory, id);
    const bool is_child = !run.parent.empty() && memory.has_run(run.parent);
    if (is_child && !is_over(look_at_kept(memory, run.parent)))
      refuse("run " + id + " works for run " + run.parent + ", which would begin it anew: forget that one");
    runs.push_back(std::move(run));
  }
  return runs;
}

/// Those that no other has called. Without a status only ended ones: who waits for a person may wait long.
std::vector<KeptRun> all_runs(const MemoryDir& memory, bool with_open) {
  std::vector<KeptRun> runs;
  for (const std::string& id : memory.run_ids()) {
    KeptRun run = look_at_kept(memory, id);
    if ((run.has_ended || with_open) && (run.parent.empty() || !memory.has_run(run.parent)))
      runs.push_back(std::move(run));
  }
  return runs;
}

std::vector<KeptRun> chosen_runs(const MemoryDir& memory, const Args& args, std::int64_t now_ms) {
  if (args.ids.empty() && !args.status && !args.older_than_ms)
    refuse("say which runs: agentd forget ID…, or --status or --older-than; see agentd list");
  auto runs = args.ids.empty() ? all_runs(memory, args.status.has_value()) : named_runs(memory, args.ids);
  std::erase_if(runs, [&](const KeptRun& run) {
    const bool is_young = args.older_than_ms && run.updated_at_ms > now_ms - *args.older_than_ms;
    return is_young || (args.status && run.status != *args.status);
  });
  return with_children(memory, std::move(runs));
}

Json list_json(const std::vector<KeptRun>& runs) {
  Json list = Json::array();
  for (const KeptRun& run : runs)
    list.push_back({{"run", run.id}, {"status", run.status}, {"bytes", run.bytes}});
  return list;
}

void say_held(const MemoryDir& memory, const KeptRun& run) {
  const Holder holder = read_holder(memory.run(run.id).lock());
  std::cerr << "agentd: an invocation works on run " << run.id << " (host " << holder.host << ", pid "
            << holder.pid << "): forget it when that has ended, or cancel it first\n";
}

Exit tell(const Args& args, const MemoryDir& memory, const Forgotten& done) {
  std::uintmax_t bytes = 0;
  for (const KeptRun& run : done.runs) bytes += run.bytes;
  if (args.output == Output::Json) {
    Json told = {{"schema", 1},
                 {"dry_run", args.dry_run},
                 {"forgotten", list_json(done.runs)},
                 {"busy", list_json(done.held)},
                 {"leftovers", done.leftovers},
                 {"notes", done.notes},
                 {"problems", Json::array()}};
    for (const Error& problem : done.problems) told["problems"].push_back(problem.what());
    std::cout << told.dump(2) << '\n';
  } else if (args.dry_run && !done.runs.empty()) {
    std::vector<Cells> cells{{"RUN", "STATUS", "BYTES"}};
    for (const KeptRun& run : done.runs) cells.push_back({run.id, run.status, std::to_string(run.bytes)});
    std::cout << table_text(cells);
  }
  for (const KeptRun& run : done.held) say_held(memory, run);
  for (const Error& problem : done.problems) std::cerr << "agentd: " << problem.what() << '\n';
  std::cerr << (args.dry_run ? "would forget " : "forgot ") << done.runs.size()
            << (done.runs.size() == 1 ? " run, " : " runs, ") << bytes << " bytes";
  if (done.notes > 0) std::cerr << ", and " << done.notes << " expired notes";
  std::cerr << '\n';
  for (const Error& problem : done.problems)
    if (problem.exit() != Exit::Suspended) return problem.exit();
  return done.held.empty() && done.problems.empty() ? Exit::Completed : Exit::Suspended;
}

/// What forgetting these would do.
Forgotten foreseen(const MemoryDir& memory, const std::vector<KeptRun>& runs) {
  Forgotten done;
  for (const KeptRun& run : runs) (is_held(memory.run(run.id).lock()) ? done.held : done.runs).push_back(run);
  return done;
}

}  // namespace

Exit forget_command(const Args& args) {
  const MemoryDir memory = look_at_memory(args);
  SystemClock clock;
  const auto runs = chosen_runs(memory, args, clock.now_ms());
  return tell(args, memory, args.dry_run ? foreseen(memory, runs) : forget_runs(memory, runs, clock));
}

Exit gc_command(const Args& args) {
  const MemoryDir memory = look_at_memory(args);
  SystemClock clock;
  const auto stop = make_process_stop(std::nullopt);
  if (args.dry_run) return tell(args, memory, foreseen(memory, outlived_runs(memory, clock, *stop)));
  return tell(args, memory, collect_garbage(memory, clock, *stop));
}

}  // namespace agentd
