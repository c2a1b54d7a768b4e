#include "cli/turn.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/narrate.h"

namespace agentd {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostJson = 190'000;

constexpr std::array<std::pair<std::string_view, Exit>, 8> kExits{{
    {"completed", Exit::Completed},
    {"failed", Exit::Failed},
    {"cancelled", Exit::Failed},
    {"storage", Exit::Storage},
    {"suspended", Exit::Suspended},
    {"busy", Exit::Suspended},
    {"waiting", Exit::Waiting},
    {"limit", Exit::Limit},
}};

/// By the process alone, which said nothing that can be read.
RunTurn turn_without_result(const std::string& run, const ProcessResult& ended) {
  using End = ProcessResult::End;
  constexpr int kUsage = static_cast<int>(Exit::Usage), kStorage = static_cast<int>(Exit::Storage);
  const std::string status = std::to_string(ended.status);
  if (ended.end == End::NotStarted) return {run, "", "not_started", ended.message, 1, true};
  if (ended.end == End::Exited && ended.status == kUsage)
    return {run, "", "usage", "see what it said", kUsage};
  if (ended.end == End::Exited && ended.status == kStorage) return broken_turn(run, "see what it said");
  const int exit = ended.end == End::Signalled ? 128 + ended.status : 75;
  const std::string why = ended.end == End::Signalled ? "its process was ended by signal " + status
                          : ended.end == End::Exited  ? "its process ended with status " + status
                                                      : "it was stopped before it said how it stands";
  return {run, "suspended", "interrupted", why + "; nothing durable is lost", exit, true};
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

Json json_of(const RunTurn& turn) {
  return {{"run", turn.run},
          {"status", turn.status.empty() ? Json() : Json(turn.status)},
          {"reason", turn.reason.empty() ? Json() : Json(turn.reason)},
          {"exit", turn.exit}};
}

/// What a scheduler cannot mend by calling again.
bool needs_a_look(const RunTurn& turn) {
  return turn.status.empty() || turn.status == "failed" || turn.status == "limit";
}

/// The first status that has it.
std::string_view status_of(Exit exit) {
  const auto has_exit = [&](const auto& row) { return row.second == exit; };
  return std::find_if(kExits.begin(), kExits.end(), has_exit)->first;
}

}  // namespace

RunTurn turn_of(const std::string& run, const std::string& result, const ProcessResult& ended) {
  const Json object = Json::parse(result, nullptr, false);
  if (!object.is_object()) return turn_without_result(run, ended);
  RunTurn turn{run, text_of(object, "status"), text_of(object, "reason"), ""};
  const auto* known =
      std::find_if(kExits.begin(), kExits.end(), [&](const auto& row) { return row.first == turn.status; });
  if (known == kExits.end()) return turn_without_result(run, ended);
  turn.exit = static_cast<int>(known->second);
  if (const auto error = object.find("error"); error != object.end() && error->is_object())
    turn.message = text_of(*error, "message");
  const auto resume_at = object.find("resume_at");
  turn.can_go_on = turn.status == "suspended" && (resume_at == object.end() || resume_at->is_null());
  return turn;
}

RunTurn broken_turn(const std::string& run, const std::string& message) {
  return {run, "storage", "storage", message, static_cast<int>(Exit::Storage)};
}

std::string turn_text(const RunTurn& turn) {
  constexpr std::size_t kLongest = 400;
  std::string text = turn.run + "  " + (turn.status.empty() ? "not run" : turn.status);
  if (!turn.reason.empty() && turn.reason != turn.status) text += "  " + turn.reason;
  if (!turn.message.empty()) text += ": " + one_line(turn.message, kLongest);
  return text;
}

/// Those that need a look come first, should there be too many.
std::string turns_json(std::span<const RunTurn> turns, std::int64_t remaining) {
  std::vector<RunTurn> sorted(turns.begin(), turns.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const RunTurn& a, const RunTurn& b) {
    return (needs_a_look(a) || a.status == "storage") > (needs_a_look(b) || b.status == "storage");
  });
  Json runs = Json::array();
  std::size_t size = 0, left_out = 0;
  for (const RunTurn& turn : sorted) {
    Json entry = json_of(turn);
    size += entry.dump(-1, ' ', false, Json::error_handler_t::replace).size() + 1;
    if (size <= kMostJson)
      runs.push_back(std::move(entry));
    else
      ++left_out;
  }
  const Json object = {{"schema", 1},
                       {"status", status_of(tick_exit(turns, remaining))},
                       {"runs", std::move(runs)},
                       {"left_out", left_out},
                       {"remaining", remaining}};
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Exit tick_exit(std::span<const RunTurn> turns, std::int64_t remaining) {
  const auto any = [&](const auto& is_so) { return std::any_of(turns.begin(), turns.end(), is_so); };
  if (any([](const RunTurn& turn) { return turn.status == "storage"; })) return Exit::Storage;
  if (any(needs_a_look)) return Exit::Failed;
  if (remaining > 0 || any([](const RunTurn& turn) { return turn.can_go_on; })) return Exit::Suspended;
  return Exit::Completed;
}

}  // namespace agentd
