#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/message.h"
#include "core/task.h"

namespace agentd {

/// What can happen in a run: one struct per event kind of the contract. A field added later is read with a
/// default; a kind or field is never renamed. Times are wall-clock milliseconds since 1970, for people and
/// timers; seq orders.

/// The first event: everything that requests are made of, rendered, so that no newer binary or file changes
/// it.
struct RunStarted {
  static constexpr std::string_view kKind = "run_started";
  std::string run;
  Task task;
  Inputs inputs;
  std::string goal;
  std::string system;
  std::vector<ToolSpec> tools;
  std::string text_protocol;  ///< what a model that calls tools in plain text is told of them
  std::string agentd;         ///< version of the binary
  std::string parent;         ///< the run that called this one; empty: none did
  std::string parent_key;     ///< of that call, see ToolRun
  bool operator==(const RunStarted&) const = default;
};

/// An owner begins to work. Its commit is the proof of ownership.
struct InvocationStarted {
  static constexpr std::string_view kKind = "invocation_started";
  std::string host;
  std::int64_t pid = 0;
  std::string agentd;
  bool operator==(const InvocationStarted&) const = default;
};

/// A whole reply: an answer when it has no calls. Begins a new step.
struct ModelReplied {
  static constexpr std::string_view kKind = "model_replied";
  std::string text;
  std::vector<ToolCall> calls;
  Usage usage;
  std::optional<double> cost_usd;  ///< none: the price is unknown
  std::string provider;
  std::string model;
  std::string provider_content;  ///< see Message
  std::int64_t duration_ms = 0;
  bool unfinished = false;    ///< the provider paused its own work: it is asked again and goes on
  std::int64_t fallback = 0;  ///< which of the task's models: 0 its own, N its Nth fallback
  bool cached = false;        ///< from the reply cache: nobody was asked
  std::string rejected;       ///< why it is no answer: malformed, invalid_answer; empty: it is not rejected
  std::string complaint;      ///< what a rejected reply is answered with
  bool operator==(const ModelReplied&) const = default;
};

/// An attempt that gave no reply that can be used.
struct ModelFailed {
  static constexpr std::string_view kKind = "model_failed";
  std::string
      reason;  ///< network, timeout, rate_limit, overloaded, auth, bad_request, quota, length, refused, …
  std::string message;  ///< names the server's own message
  bool retryable = false;
  std::optional<std::int64_t> retry_after_ms;  ///< what the server asked for
  Usage usage;                                 ///< what the attempt is known to have used
  std::optional<double> cost_usd = 0.0;
  std::int64_t fallback = 0;  ///< see ModelReplied
  bool operator==(const ModelFailed&) const = default;
};

/// Durable before the call's effect begins; once for every attempt.
struct ToolStarted {
  static constexpr std::string_view kKind = "tool_started";
  CallId call;
  std::string tool;
  bool operator==(const ToolStarted&) const = default;
};

struct ToolFinished {
  static constexpr std::string_view kKind = "tool_finished";
  CallId call;
  ToolResult result;
  std::int64_t duration_ms = 0;
  std::optional<Spent> spent;  ///< by a child run, or for embeddings
  bool operator==(const ToolFinished&) const = default;
};

/// A person must allow the call before it may start.
struct ApprovalRequested {
  static constexpr std::string_view kKind = "approval_requested";
  CallId call;
  std::string tool;
  bool operator==(const ApprovalRequested&) const = default;
};

/// What the person said.
struct ApprovalGiven {
  static constexpr std::string_view kKind = "approval_given";
  CallId call;
  bool approved = false;
  std::string why;     ///< for the model, where it is not approved
  std::string letter;  ///< see UserSaid
  bool operator==(const ApprovalGiven&) const = default;
};

/// The call asks a person: the next message of one is its result.
struct QuestionAsked {
  static constexpr std::string_view kKind = "question_asked";
  CallId call;
  std::string question;
  bool operator==(const QuestionAsked&) const = default;
};

/// The call ends at that time.
struct TimerSet {
  static constexpr std::string_view kKind = "timer_set";
  CallId call;
  std::int64_t until_ms = 0;
  bool operator==(const TimerSet&) const = default;
};

/// A message from a person.
struct UserSaid {
  static constexpr std::string_view kKind = "user_said";
  std::string text;
  std::string letter;  ///< the inbox file it came in, so that it is taken once
  bool operator==(const UserSaid&) const = default;
};

/// A changed task file was adopted.
struct TaskUpdated {
  static constexpr std::string_view kKind = "task_updated";
  Task task;
  Inputs inputs;
  std::string goal;
  std::vector<ToolSpec> tools;
  std::string note;  ///< said to the model as a user message; empty: nothing it needs to know
  std::string text_protocol;
  bool operator==(const TaskUpdated&) const = default;
};

/// The invocation ends; another can go on.
struct Suspended {
  static constexpr std::string_view kKind = "suspended";
  std::string reason;  ///< deadline, signal, rate_limit, outage, timer, busy; approval, question: a person
                       ///< is needed
  std::optional<std::int64_t> resume_at_ms;
  std::string message;
  std::string child;  ///< the run below this one that cannot go on; empty: this one itself
  bool operator==(const Suspended&) const = default;
};

/// Notes of the long-term memory are put before the model, with the goal.
struct Recalled {
  static constexpr std::string_view kKind = "recalled";
  std::string text;
  std::vector<std::int64_t> notes;  ///< their ids
  std::string name;                 ///< of the namespace
  std::optional<Spent> spent;       ///< for embeddings
  bool operator==(const Recalled&) const = default;
};

/// What the model is shown is shorter from here on; the journal keeps all.
struct Compacted {
  static constexpr std::string_view kKind = "compacted";
  std::int64_t messages = 0;  ///< of the transcript, up to this one; the first, the goal, stays
  std::string cleared;  ///< what stands in the place of each long result among them ({{tool}}, {{bytes}})
  std::string kept;     ///< the same for a result that stands in a file ({{output}} besides)
  std::string summary;  ///< or what stands in the place of all of them
  std::string said;     ///< the part of it that people said, word for word, to be handed on by the next
  Usage usage;          ///< of the call that wrote the summary, as all that follows
  std::optional<double> cost_usd = 0.0;
  std::string model;
  std::int64_t duration_ms = 0;
  std::int64_t fallback = 0;  ///< see ModelReplied
  bool operator==(const Compacted&) const = default;
};

struct Completed {
  static constexpr std::string_view kKind = "completed";
  std::string result;
  bool operator==(const Completed&) const = default;
};

struct Failed {
  static constexpr std::string_view kKind = "failed";
  std::string reason;  ///< stuck, verify, refused, or a ModelFailed's reason
  std::string message;
  bool can_resume = false;  ///< a person can mend the cause (a key, a quota): the next invocation tries again
  bool operator==(const Failed&) const = default;
};

struct Cancelled {
  static constexpr std::string_view kKind = "cancelled";
  std::string letter;
  bool operator==(const Cancelled&) const = default;
};

struct LimitReached {
  static constexpr std::string_view kKind = "limit_reached";
  std::string limit;  ///< steps, tokens, cost_usd, duration
  std::string message;
  bool operator==(const LimitReached&) const = default;
};

using Event = std::variant<RunStarted, InvocationStarted, ModelReplied, ModelFailed, ToolStarted,
                           ToolFinished, ApprovalRequested, ApprovalGiven, QuestionAsked, TimerSet, UserSaid,
                           TaskUpdated, Recalled, Compacted, Suspended, Completed, Failed, Cancelled, LimitReached>;

/// An event in its place in the journal.
struct Record {
  std::int64_t seq = 0;  ///< 1, 2, 3, … without gaps
  std::int64_t at_ms = 0;
  std::int64_t step = 0;
  Event event;
  bool operator==(const Record&) const = default;
};

std::string_view kind_of(const Event& event);
/// read | idempotent | once, as stored.
std::string_view word_of(Effect effect);
/// The JSON object of the event, as stored in the column `data`. Never throws: invalid UTF-8 is replaced.
std::string to_json(const Record& record);
/// The record as one line of `log --output jsonl`: {"seq","at_ms","step","kind","data"}.
std::string to_json_line(const Record& record);
/// Throws Error(Storage) for an unknown kind or a damaged object.
Event event_from_json(std::string_view kind, std::string_view data);

/// For std::visit with a lambda per kind and no default: a new kind fails to compile where it matters.
template <class... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
overloaded(Ts...) -> overloaded<Ts...>;

}  // namespace agentd
