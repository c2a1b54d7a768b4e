#include "cli/lambda_process.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/report.h"
#include "cli/runtime_api.h"
#include "core/os/signals.h"

namespace agentd {

namespace {

using Json = nlohmann::json;

constexpr std::int64_t kGraceMs = 2'000;       // where there is no deadline, but a signal
constexpr std::int64_t kLongest = 86'400'000;  // of any invocation; clocks may be wrong

/// Kept back for ending a process that does not end in time, and for the answer: what an invocation cannot be
/// late for. The invocation has a margin of its own before that.
std::int64_t reserve_of(std::int64_t time_ms) {
  constexpr std::int64_t kMost = 5'000;
  return std::min(kMost, time_ms / 3);
}

Json parsed(const std::string& answer) {
  Json object = Json::parse(answer, nullptr, false);
  return object.is_object() ? object : Json::object();
}

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// The run that an event names, if it does.
std::string run_of(const std::string& event) {
  return text_of(parsed(event), "run");
}

/// By the process alone, which said nothing.
std::string answer_for(const ProcessResult& ended, const std::string& run) {
  using End = ProcessResult::End;
  const auto internal = [](const std::string& message) {
    return FunctionError{"Agent.Internal", message}.json();
  };
  const std::string status = std::to_string(ended.status);
  switch (ended.end) {
    case End::NotStarted:
      return internal(ended.message);
    case End::Signalled:
      return internal("the process of the invocation was ended by signal " + status +
                      (ended.status == SIGKILL ? ", perhaps for want of memory" : "") +
                      "; nothing durable is lost");
    case End::TimedOut:
      return result_without_state(run, {"suspended", "deadline", "", Exit::Suspended});
    case End::Interrupted:
      return result_without_state(run, {"suspended", "signal", "", Exit::Suspended});
    case End::Exited:
      break;
  }
  if (ended.status != static_cast<int>(Exit::Storage))
    return internal("the process of the invocation ended with status " + status + " and no answer");
  return result_without_state(
      run, {"storage", "storage", "the run was lost to another owner, or its folder fails: see the log",
            Exit::Storage});
}

}  // namespace

std::string EventProcess::answer(const Event& event, const Stop& stop) const {
  OwnProcess::Request request;
  request.words = {"lambda", "--event", "-", "--memory", args_.memory, "--request-id", event.id};
  request.input = event.text;
  if (args_.verbose) request.words.emplace_back("-v");
  request.grace_ms = kGraceMs;
  if (event.time_ms) {
    const std::int64_t time_ms = std::clamp<std::int64_t>(*event.time_ms, 1, kLongest);
    const std::int64_t reserve = reserve_of(time_ms);
    request.timeout_ms = time_ms - reserve;
    request.grace_ms = reserve / 2;
    request.death_ms = reserve / 4;
    // From now on, and not from when that process has come to count: it must not take its end for a signal's.
    request.words.insert(request.words.end(), {"--deadline", std::to_string(request.timeout_ms) + "ms",
                                               "--begun", std::to_string(boot_ms())});
  }
  const auto say = [](const std::string& line) { std::cerr << line << '\n'; };
  OwnProcess::Result result = own_process_.run(request, say, stop);
  return result.answer.empty() ? answer_for(result.ended, run_of(event.text)) : std::move(result.answer);
}

bool is_function_error(const std::string& answer) {
  return !text_of(parsed(answer), "errorType").empty();
}

bool is_done_with(const std::string& answer) {
  constexpr std::array<std::string_view, 4> kAgain{"", "suspended", "busy", "storage"};
  const std::string status = text_of(parsed(answer), "status");
  return std::find(kAgain.begin(), kAgain.end(), status) == kAgain.end();
}

std::string summary_of(const std::string& answer) {
  const Json object = parsed(answer);
  std::string summary = text_of(object, "errorType") + text_of(object, "status");
  if (summary.empty()) summary = "answered";
  if (const std::string run = text_of(object, "run"); !run.empty()) summary += " " + run;
  if (const std::string reason = text_of(object, "reason"); !reason.empty()) summary += " (" + reason + ")";
  return summary;
}

}  // namespace agentd
