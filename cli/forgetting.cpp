#include "cli/forgetting.h"

#include <sys/stat.h>

#include <algorithm>
#include <iostream>
#include <set>
#include <variant>

#include "cli/runs.h"
#include "core/store/erase.h"
#include "core/store/files.h"
#include "core/store/ownership.h"
#include "core/store/snapshot.h"
#include "core/store/sqlite_notes.h"
#include "core/store/sqlite_reply_cache.h"

namespace agentd {

namespace {

constexpr std::int64_t kDayMs = 24 * 3'600'000;

/// A cheap look at the last record: of most runs it rules out that their retention has passed.
bool may_be_outlived(const RunPaths& paths, std::int64_t now_ms) try {
  const auto last = read_last_record(paths);
  if (!last || last->at_ms > now_ms) return false;
  const auto& event = last->event;
  return std::holds_alternative<Completed>(event) || std::holds_alternative<Failed>(event) ||
         std::holds_alternative<Cancelled>(event) || std::holds_alternative<LimitReached>(event);
} catch (const Error&) {  // what is damaged may be mended
  return false;
}

/// Whether the file is less than a day old, by the clock of its file system's host.
bool is_of_today(int file, std::int64_t now_ms) {
  struct stat found = {};
  if (::fstat(file, &found) != 0 || found.st_size == 0) return false;
  return now_ms - found.st_mtim.tv_sec * 1000 < kDayMs;
}

template <class Work>
void attempt(Forgotten& done, const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    done.problems.push_back(error);
  }
}

}  // namespace

KeptRun look_at_kept(const MemoryDir& memory, const std::string& id) {
  const RunPaths paths = memory.run(id);
  KeptRun run{.id = id, .status = "storage", .bytes = size_of_run(paths)};
  try {
    const RunView view = view_run(paths);
    const auto& retention_ms = view.state.task.retention_ms;
    run.status = standing_of(view).status;
    run.parent = view.state.parent;
    run.has_ended = view.state.ending.has_value();
    run.updated_at_ms = view.updated_at_ms;
    if (run.has_ended && retention_ms) run.kept_to_ms = view.updated_at_ms + *retention_ms;
  } catch (const Error&) {  // of a damaged run no more is known
  }
  return run;
}

std::vector<KeptRun> with_children(const MemoryDir& memory, std::vector<KeptRun> runs) {
  constexpr std::size_t kCommon = 83;  // what child_id leaves of a long id
  const std::vector<std::string> all = memory.run_ids();
  std::set<std::string> known;
  for (const KeptRun& run : runs) known.insert(run.id);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::string parent = runs[i].id;
    for (const std::string& id : all) {
      if (!id.starts_with(parent.substr(0, kCommon)) || known.contains(id)) continue;
      KeptRun run = look_at_kept(memory, id);
      if (run.parent != parent) continue;
      known.insert(id);
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

Forgotten forget_runs(const MemoryDir& memory, const std::vector<KeptRun>& runs, Clock& clock) {
  Forgotten done;
  for (const KeptRun& run : runs)
    attempt(done, [&] {
      (erase_run(memory, run.id, clock.now_ms()) == Erased::Gone ? done.runs : done.held).push_back(run);
    });
  if (!done.runs.empty()) attempt(done, [&] { clear_reply_cache(memory.cache()); });
  return done;
}

std::vector<KeptRun> outlived_runs(const MemoryDir& memory, Clock& clock, const Stop& stop) {
  const std::int64_t now_ms = clock.now_ms();
  std::vector<KeptRun> outlived;
  for (const std::string& id : memory.run_ids()) {
    if (stop.reason() != StopReason::None) break;
    if (!may_be_outlived(memory.run(id), now_ms)) continue;
    KeptRun run = look_at_kept(memory, id);
    const bool is_child = !run.parent.empty() && memory.has_run(run.parent);
    if (!is_child && run.kept_to_ms.value_or(now_ms + 1) <= now_ms) outlived.push_back(std::move(run));
  }
  return with_children(memory, std::move(outlived));
}

Forgotten collect_garbage(const MemoryDir& memory, Clock& clock, const Stop& stop) {
  Forgotten done = forget_runs(memory, outlived_runs(memory, clock, stop), clock);
  attempt(done, [&] { done.leftovers = finish_erasing(memory, clock.now_ms()); });
  for (const std::string& name : note_namespaces(memory))
    if (stop.reason() == StopReason::None)
      attempt(done, [&] { done.notes += make_sqlite_notes(memory, name, clock, stop)->forget({}).size(); });
  return done;
}

void collect_daily(const MemoryDir& memory, Clock& clock, const Stop& stop) try {
  const std::filesystem::path stamp = memory.path() / "gc";
  if (!is_there(memory.path() / "FORMAT")) return;  // nothing has been put here yet
  const Fd lock = take_lock(stamp);
  if (!lock || is_of_today(lock.get(), clock.now_ms())) return;
  write_all(lock.get(), "done\n", stamp);  // what fails is tried again tomorrow: all that has ended is read
  const Forgotten done = collect_garbage(memory, clock, stop);
  if (stop.reason() != StopReason::None) std::filesystem::resize_file(stamp, 0);  // there was no time for all
  if (!done.runs.empty() || done.notes > 0)
    std::cerr << "agentd: forgot " << done.runs.size() << " runs whose retention has passed and "
              << done.notes << " notes that have expired\n";
  for (const Error& problem : done.problems) std::cerr << "agentd: " << problem.what() << '\n';
} catch (const std::exception& error) {
  std::cerr << "agentd: could not forget what has outlived its time: " << error.what() << '\n';
}

}  // namespace agentd
