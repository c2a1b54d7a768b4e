#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/memory_key.h"
#include "cli/narrate.h"
#include "cli/report.h"
#include "cli/runs.h"
#include "cli/table.h"
#include "core/os/system_clock.h"
#include "core/text.h"

namespace agentd {

namespace {

using Json = nlohmann::ordered_json;

/// What a list tells of a run. The rest of its state is let go at once: there may be many.
struct Row {
  std::int64_t started_at_ms = 0;
  std::string message;
  std::int64_t tokens = 0;
  std::string cost;
  Json report;
};

Row read_row(const MemoryDir& memory, const std::string& id, std::int64_t now_ms) {
  RunView view;
  Standing standing;
  try {
    view = view_run(memory.run(id));
    standing = standing_of(view);
  } catch (const Error& error) {  // a damaged run must not hide the others
    view = {};
    view.state.run = id;
    standing = {"storage", "storage", error.what(), Exit::Storage};
  }
  Row row{view.state.started_at_ms, standing.message, view.state.usage.total(), cost_text(view.state),
          report_of(view.state, standing, now_ms)};
  for (const char* key : {"schema", "steps_this_invocation", "result", "result_path", "pending"})
    row.report.erase(key);
  row.report["started_at"] = row.started_at_ms > 0 ? Json(format_time(row.started_at_ms)) : Json();
  row.report["updated_at"] = view.updated_at_ms > 0 ? Json(format_time(view.updated_at_ms)) : Json();
  return row;
}

/// In the largest unit: 45s, 12m, 3h, 8d.
std::string age_text(std::int64_t milliseconds) {
  const std::int64_t seconds = std::max<std::int64_t>(milliseconds / 1000, 0);
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return std::to_string(seconds / 60) + "m";
  if (seconds < 86400) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds / 86400) + "d";
}

Cells cells_of(const Row& row, std::int64_t now_ms) {
  const std::string status = row.report["status"];
  const std::string id = row.report["run"];
  if (status == "storage") return {id, status, "-", "-", "-", one_line(row.message)};
  return {id,
          status,
          std::to_string(row.report["step"].get<std::int64_t>()),
          std::to_string(row.tokens),
          row.cost,
          row.started_at_ms > 0 ? age_text(now_ms - row.started_at_ms) : "-"};
}

}  // namespace

Exit list_command(const Args& args) {
  const std::int64_t now_ms = SystemClock().now_ms();
  const MemoryDir memory = look_at_memory(args);
  std::vector<Row> rows;
  for (const std::string& id : memory.run_ids()) {
    Row row = read_row(memory, id, now_ms);
    if (!args.status || row.report["status"] == *args.status) rows.push_back(std::move(row));
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.started_at_ms > b.started_at_ms; });
  if (args.output == Output::Json) {
    Json list = Json::array();
    for (Row& row : rows) list.push_back(std::move(row.report));
    std::cout << list.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  } else if (rows.empty()) {
    std::cerr << "no runs in " << memory.path().string() << '\n';
  } else {
    std::vector<Cells> cells{{"RUN", "STATUS", "STEP", "TOKENS", "COST", "AGE"}};
    for (const Row& row : rows) cells.push_back(cells_of(row, now_ms));
    std::cout << table_text(cells);
  }
  return Exit::Completed;
}

}  // namespace agentd
