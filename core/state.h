#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/event.h"

namespace agentd {

/// Asking and Waiting follow Started: a person's answer or the clock ends the call.
enum class CallStatus { Open, Started, Asking, Waiting, Done };

enum class Approval { None, Requested, Given, Refused };

/// A call of the last reply, or a check of its answer.
struct CallState {
  CallId id;
  ToolCall call;
  CallStatus status = CallStatus::Open;
  Approval approval = Approval::None;
  std::string why = {};         ///< it was refused
  std::int64_t invocation = 0;  ///< which one started the last attempt
  std::string question = {};
  std::optional<std::string> answer = {};
  std::int64_t until_ms = 0;
  std::int64_t attempts = 0;  ///< a check: answers that may fail it
  ToolResult result = {};
  bool operator==(const CallState&) const = default;
};

/// How one of the task's models has been doing.
struct ModelHealth {
  std::int64_t failed_attempts = 0;    ///< at the model call due, in this invocation
  std::int64_t retry_at_ms = 0;        ///< not asked before that
  std::int64_t down_until_ms = 0;      ///< others are asked instead until then
  std::optional<ModelFailed> failure;  ///< of the last attempt, until one gives a reply
  bool operator==(const ModelHealth&) const = default;
};

using Ending = std::variant<Completed, Failed, Cancelled, LimitReached>;

/// Where a run is: the fold of its journal and nothing else.
struct State {
  // from run_started and task_updated
  std::string run;
  Task task;
  Inputs inputs;
  std::string goal;
  std::string system;
  std::vector<ToolSpec> tools;
  std::string text_protocol;
  std::string parent;
  std::string parent_key;
  std::int64_t started_at_ms = 0;

  std::int64_t seq = 0;             ///< of the last record; 0: nothing has happened
  std::int64_t step = 0;            ///< replies so far
  std::vector<Message> transcript;  ///< settled: what the next request shows
  std::vector<CallState> calls;     ///< of the last reply, until all have results
  std::vector<Message> said;        ///< messages that wait for those results
  std::set<std::string> letters;    ///< inbox letters taken in
  bool answered = false;            ///< the last reply asked for no calls, and has passed its checks
  bool checking = false;            ///< `calls` are the checks of an answer
  std::int64_t failed_checks = 0;   ///< answers in a row that failed one
  bool is_unverified = false;       ///< the last of them has used up the attempts

  std::int64_t invocation = 0;         ///< invocations so far
  std::int64_t idle_invocations = 0;   ///< in a row, up to this one, without a new reply or result
  std::vector<ModelHealth> models;     ///< the task's own, then its fallbacks
  std::int64_t resume_at_ms = 0;       ///< no model call before that
  std::optional<ModelFailed> failure;  ///< of the last attempt, until one gives a reply
  std::int64_t rejections = 0;         ///< replies in a row, up to the last, that were rejected
  std::string rejected;                ///< why the last one was
  std::int64_t expected_reply_ms = 0;  ///< how long a model call takes here, a cautious guess

  std::int64_t counted_tokens = 0;   ///< of the last request that had a reply, as the provider counted
  std::size_t counted_messages = 0;  ///< of the transcript, in that count

  std::map<std::int64_t, std::int64_t> narrow_windows;  ///< by model: tokens that were too many for it
  std::int64_t overflows = 0;           ///< requests in a row that the model refused as too long
  bool is_too_long = false;             ///< the last of them is still as long
  std::int64_t summarised_at = 0;       ///< the step of the last summary; 0: none yet
  std::int64_t quick_summaries = 0;     ///< in a row, each soon after the one before
  std::string summarised_words;         ///< of people, in what was summarised
  std::string changed_goal;             ///< what was said of it, until a summary pins it
  std::int64_t summarised_results = 0;  ///< that the transcript has no more

  Usage usage;
  std::int64_t model_calls = 0;
  std::optional<double> cost_usd = 0.0;  ///< none: a price was unknown

  std::optional<Suspended> suspended;  ///< the invocation has ended
  std::optional<Ending> ending;  ///< the run has ended; Failed{can_resume} and LimitReached may be lifted

  bool operator==(const State&) const = default;

  /// Throws Error(Storage) on an order of events that cannot be.
  void apply(const Record& record);
};

/// Whether a person must do something before the call can go on.
inline bool needs_person(const CallState& call) {
  return (call.status == CallStatus::Open && call.approval == Approval::Requested) ||
         (call.status == CallStatus::Asking && !call.answer);
}

/// Whether the invocation ended because a person is needed.
bool is_for_person(const Suspended& suspended);

/// A longer wait is not slept through: another model is asked, or the run is suspended until then.
constexpr std::int64_t kLongestWaitMs = 60'000;

/// A failure that belongs to the reply, not to the model: asking another one would only cost more.
inline bool is_final(const ModelFailed& failure) {
  return failure.reason == "refused" || failure.reason == "length";
}

}  // namespace agentd
