#include "cli/runs.h"

#include "core/error.h"
#include "core/store/ownership.h"
#include "core/store/snapshot.h"
#include "core/text.h"

namespace agentd {

RunPaths existing_run(const MemoryDir& memory, const std::string& id) {
  if (memory.has_run(id)) return memory.run(id);
  const std::vector<std::string> ids = memory.run_ids();
  const std::vector<std::string_view> known(ids.begin(), ids.end());
  const std::string_view meant = nearest(id, known);
  throw Error(Exit::Usage,
              "there is no run " + id + " in " + memory.path().string() + "; " +
                  (meant.empty() ? "see agentd list" : "did you mean " + std::string(meant) + "?"));
}

Standing standing_of(const RunView& view) {
  Standing standing = standing_of(view.state);
  if (standing.status != "running" || view.is_held) return standing;
  return {"suspended", "interrupted", "the process that worked on it has died; run it again",
          Exit::Suspended};
}

RunView view_run(const RunPaths& paths, const std::function<void(const Record&)>& each) {
  RunView view;
  view.is_held = is_held(paths.lock());  // before the look: whoever has let go has told everything
  read_snapshot(paths, 0, [&](const Record& record) {
    view.state.apply(record);
    view.updated_at_ms = record.at_ms;
    if (each) each(record);
  });
  if (view.state.seq == 0) view.state.run = paths.id;
  return view;
}

}  // namespace agentd
