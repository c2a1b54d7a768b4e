#include "cli/report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/children.h"
#include "cli/narrate.h"
#include "core/json_text.h"
#include "core/store/files.h"
#include "core/text.h"

namespace agentd {

namespace {

using Json = nlohmann::ordered_json;

/// Step Functions passes 256 KB at most.
constexpr std::size_t kLargestResult = 200'000;
constexpr std::size_t kLongestMessage = 8'000;
/// Nobody knows how long another invocation works: often enough to go on soon, and cheap to ask.
constexpr std::int64_t kBusySeconds = 15;

Standing standing_of(const Ending& ending) {
  return std::visit(
      overloaded{[](const Completed&) {
                   return Standing{"completed", "", "", Exit::Completed};
                 },
                 [](const Failed& e) {
                   return Standing{"failed", e.reason, e.message, Exit::Failed};
                 },
                 [](const Cancelled&) {
                   return Standing{"cancelled", "cancelled", "cancelled by a person", Exit::Failed};
                 },
                 [](const LimitReached& e) {
                   return Standing{"limit", e.limit, e.message, Exit::Limit};
                 }},
      ending);
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Why there is no answer; null where nothing went wrong.
Json error_of(const State& state, const Standing& standing) {
  const bool is_error = standing.status == "failed" || standing.status == "storage";
  const bool has_failure = standing.status == "suspended" && state.failure;
  if (!is_error && !has_failure) return nullptr;
  const std::string& message = has_failure ? state.failure->message : standing.message;
  return {{"type", has_failure ? state.failure->reason : standing.reason},
          {"message", cut_middle(message, kLongestMessage, "…")}};
}

/// A JSON value where the task asks for one.
Json result_value(const State& state, const std::string& answer) {
  if (state.task.output.schema.empty()) return answer;
  Json value = Json::parse(answer, nullptr, false);
  return value.is_discarded() ? Json(answer) : value;
}

/// Arguments that nobody would read to their end are cut.
Json arguments_value(const std::string& arguments, std::size_t longest) {
  if (arguments.size() > longest) return cut_middle(arguments, longest, "…");
  Json value = is_json_object(arguments) ? Json::parse(arguments, nullptr, false) : Json(arguments);
  return value;
}

Json request_of(const CallState& call, std::size_t longest) {
  Json request = {{"call", to_string(call.id)}};
  if (call.status == CallStatus::Asking) {
    request["question"] = cut_middle(call.question, longest, "…");
  } else {
    request["tool"] = cut_middle(call.call.name, 100, "…");
    request["arguments"] = arguments_value(call.call.arguments, longest);
  }
  return request;
}

/// What a person is asked for, by the run and by those below it, so far as there is room: what has been
/// decided makes room for the rest.
Json pending_of(const State& run, const std::vector<State>& below) {
  constexpr std::size_t kRoom = 150'000;
  constexpr std::size_t kLongest = 4'000;
  constexpr std::size_t kShort = 100;
  Json pending = Json::array();
  std::size_t size = 0;
  const auto add = [&](const State& state) {
    for (const CallState& call : state.calls) {
      if (state.ending || !needs_person(call)) continue;
      Json request = request_of(call, size < kRoom / 2 ? kLongest : kShort);
      if (&state != &run) request["run"] = state.run;
      size += dump(request).size() + 1;
      if (size > kRoom) break;
      pending.push_back(std::move(request));
    }
  };
  add(run);
  std::for_each(below.begin(), below.end(), add);
  return pending;
}

std::int64_t ceil_seconds(std::int64_t milliseconds) {
  return (std::max<std::int64_t>(milliseconds, 0) + 999) / 1000;
}

}  // namespace

/// What a model or a program wrote may stand in the message.
Standing standing_of(const State& state) {
  Standing standing{"running", "", "", Exit::Suspended};
  if (state.ending)
    standing = standing_of(*state.ending);
  else if (state.suspended && is_for_person(*state.suspended))
    standing = {"waiting", state.suspended->reason, state.suspended->message, Exit::Waiting};
  else if (state.suspended)
    standing = {"suspended", state.suspended->reason, state.suspended->message, Exit::Suspended};
  standing.message = printable(cut_middle(standing.message, kLongestMessage, "…"));
  return standing;
}

const std::string* answer_of(const State& state) {
  const auto* completed = state.ending ? std::get_if<Completed>(&*state.ending) : nullptr;
  return completed != nullptr ? &completed->result : nullptr;
}

std::string result_line(const std::string& result_json) {
  return R"({"kind":"result",)" + result_json.substr(1);
}

std::string resume_text(const State& state) {
  if (state.ending || !state.suspended || !state.suspended->resume_at_ms) return "";
  return "; to go on not before " + format_time(*state.suspended->resume_at_ms);
}

std::string cost_text(const State& state) {
  if (!state.cost_usd) return "-";
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "$%.4f", *state.cost_usd);
  return text.data();
}

Json report_of(const State& state, const Standing& standing, std::int64_t now_ms,
               const std::vector<State>& below) {
  Json resume_at;
  std::int64_t retry_after = standing.status == "busy" ? kBusySeconds : 0;
  if (!state.ending && state.suspended && state.suspended->resume_at_ms) {
    resume_at = format_time(ceil_seconds(*state.suspended->resume_at_ms) * 1000);
    retry_after = ceil_seconds(*state.suspended->resume_at_ms - now_ms);
  }
  const Usage& usage = state.usage;
  return {
      {"schema", 1},
      {"run", state.run},
      {"status", standing.status},
      {"reason", standing.reason.empty() ? Json() : Json(standing.reason)},
      {"resume_at", std::move(resume_at)},
      {"retry_after_seconds", retry_after},
      {"step", state.step},
      {"steps_this_invocation", 0},
      {"result", nullptr},
      {"result_path", nullptr},
      {"error", error_of(state, standing)},
      {"pending", pending_of(state, below)},
      {"usage",
       {{"model_calls", state.model_calls},
        {"input_tokens", usage.input + usage.cache_read + usage.cache_write},
        {"cached_input_tokens", usage.cache_read},
        {"output_tokens", usage.output},
        {"cost_usd", state.cost_usd ? Json(*state.cost_usd) : Json()}}},
  };
}

std::string result_without_state(const std::string& run, const Standing& standing) {
  State state;
  state.run = run;
  state.cost_usd.reset();  // not known
  return dump(report_of(state, standing, 0));
}

std::string result_json(const State& state, const Standing& standing, std::int64_t steps_this_invocation,
                        std::int64_t now_ms, const RunPaths& paths) {
  Json report = report_of(state, standing, now_ms, children_for_person(paths, state));
  report["steps_this_invocation"] = steps_this_invocation;
  const std::string* answer = answer_of(state);
  if (answer != nullptr) report["result"] = result_value(state, *answer);
  std::string text = dump(report);
  if (answer == nullptr || text.size() < kLargestResult) return text;
  const std::filesystem::path file = paths.folder / "result.txt";
  report["result"] = nullptr;
  if (paths.key) return dump(report);  // no file in plain sight: agentd show has it
  if (!is_there(file)) publish(file, *answer);
  report["result_path"] = file.string();
  return dump(report);
}

}  // namespace agentd
