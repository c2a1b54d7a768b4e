#include "core/state.h"

#include <algorithm>
#include <utility>

#include "core/checks.h"
#include "core/context.h"
#include "core/error.h"
#include "core/retry.h"

namespace agentd {

namespace {

[[noreturn]] void refuse(const Record& record, const std::string& why) {
  throw Error(Exit::Storage, "the journal is damaged at seq " + std::to_string(record.seq) + ": " +
                                 std::string(kind_of(record.event)) + " " + why);
}

constexpr std::int64_t kCoolDownMs = 300'000;  // of a model that was given up, while others do its work

/// Applies one event of a record whose place has been checked.
class Applier {
 public:
  Applier(State& state, const Record& record) : s_(state), record_(record) {}

  void operator()(const RunStarted& e) {
    s_.run = e.run;
    s_.task = e.task;
    s_.inputs = e.inputs;
    s_.goal = e.goal;
    s_.system = e.system;
    s_.tools = e.tools;
    s_.text_protocol = e.text_protocol;
    s_.parent = e.parent;
    s_.parent_key = e.parent_key;
    s_.started_at_ms = record_.at_ms;
    forget_failures();
    s_.transcript.push_back({.role = Role::User, .text = e.goal});
  }

  void operator()(const InvocationStarted&) {
    ++s_.invocation;
    const auto* failed = s_.ending ? std::get_if<Failed>(&*s_.ending) : nullptr;
    if (failed != nullptr && failed->reason == "stuck") s_.idle_invocations = 0;  // the limit was raised
    if (failed != nullptr) forget_failures();                                     // the cause was mended
    ++s_.idle_invocations;
    forget_attempts();
    for (ModelHealth& model : s_.models)
      if (model.failure && !model.failure->retryable) model = {};  // a person may have mended it meanwhile
    s_.suspended.reset();
    s_.ending.reset();
  }

  void operator()(const ModelReplied& e) {
    if (!s_.calls.empty() || s_.answered || record_.step != s_.step + 1) refuse(record_, "comes out of turn");
    s_.step = record_.step;
    s_.transcript.push_back({.role = Role::Assistant,
                             .text = e.text,
                             .calls = e.calls,
                             .provider = e.provider,
                             .provider_content = e.provider_content,
                             .model = e.model});
    for (const ToolCall& call : e.calls)
      s_.calls.push_back({.id = {s_.step, static_cast<std::int64_t>(s_.calls.size()) + 1}, .call = call});
    s_.answered = e.calls.empty() && !e.unfinished;
    model_of(e.fallback) = {};
    s_.resume_at_ms = 0;
    s_.failure.reset();
    s_.idle_invocations = 0;
    if (e.usage.total() > 0) {
      s_.counted_tokens = e.usage.total() - e.usage.output;
      s_.counted_messages = s_.transcript.size() - 1;
    }
    s_.overflows = 0;
    s_.rejections = e.rejected.empty() ? 0 : s_.rejections + 1;
    s_.rejected = e.rejected;
    if (!e.rejected.empty()) say(e.complaint);
    if (s_.answered) begin_checks(s_);
    if (e.cached) return;
    s_.expected_reply_ms = std::max(e.duration_ms, (s_.expected_reply_ms + e.duration_ms) / 2);
    add_usage(e.usage, e.cost_usd);
  }

  void operator()(const Recalled& e) {
    if (s_.step > 0) refuse(record_, "comes too late");
    s_.transcript.front().text += "\n\n" + e.text;  // pinned as the goal is
    if (e.spent) add(*e.spent);
  }

  void operator()(const Compacted& e) {
    apply_compacted(s_, e);
    if (e.summary.empty()) return;
    model_of(e.fallback) = {};
    s_.failure.reset();
    s_.idle_invocations = 0;
    add_usage(e.usage, e.cost_usd);
  }

  void operator()(const ModelFailed& e) {
    if (e.reason == "context" && apply_too_long(s_, e.fallback)) return add_usage(e.usage, e.cost_usd);
    ModelHealth& model = model_of(e.fallback);
    ++model.failed_attempts;
    model.retry_at_ms = e.retryable ? record_.at_ms + retry_delay_ms(s_, model.failed_attempts, e) : 0;
    model.failure = e;
    s_.failure = e;
    if (s_.models.size() > 1 && is_given_up(model, e)) {
      model.down_until_ms = std::max(model.retry_at_ms, record_.at_ms + kCoolDownMs);
      model.failed_attempts = 0;
    }
    add_usage(e.usage, e.cost_usd);
  }

  void operator()(const ToolStarted& e) {
    CallState& call = unfinished(e.call);
    call.status = CallStatus::Started;
    call.invocation = s_.invocation;
  }

  void operator()(const ToolFinished& e) {
    CallState& call = unfinished(e.call);
    call.status = CallStatus::Done;
    call.result = e.result;
    s_.idle_invocations = 0;
    if (e.spent) add(*e.spent);
    const auto done = [](const CallState& c) { return c.status == CallStatus::Done; };
    if (std::all_of(s_.calls.begin(), s_.calls.end(), done)) settle();
  }

  void operator()(const ApprovalRequested& e) { unfinished(e.call).approval = Approval::Requested; }

  void operator()(const ApprovalGiven& e) {
    know(e.letter);
    CallState& call = unfinished(e.call);
    call.approval = e.approved ? Approval::Given : Approval::Refused;
    call.why = e.why;
    s_.idle_invocations = 0;
  }

  void operator()(const QuestionAsked& e) {
    CallState& call = unfinished(e.call);
    call.status = CallStatus::Asking;
    call.question = e.question;
  }

  void operator()(const TimerSet& e) {
    CallState& call = unfinished(e.call);
    call.status = CallStatus::Waiting;
    call.until_ms = e.until_ms;
  }

  /// The answer to the first open question, if there is one.
  void operator()(const UserSaid& e) {
    know(e.letter);
    s_.rejections = 0;
    forget_checks(s_);
    const auto asks = [](const CallState& c) { return c.status == CallStatus::Asking && !c.answer; };
    const auto question = std::find_if(s_.calls.begin(), s_.calls.end(), asks);
    if (question != s_.calls.end())
      question->answer = e.text;
    else
      say(e.text);
  }

  void operator()(const TaskUpdated& e) {
    const bool is_other_model = e.task.model != s_.task.model;
    if (e.tools != s_.tools) forget_provider_content();
    s_.task = e.task;
    if (is_other_model) forget_failures();
    if (is_other_model) s_.narrow_windows.clear();
    s_.inputs = e.inputs;
    s_.goal = e.goal;
    s_.tools = e.tools;
    s_.text_protocol = e.text_protocol;
    if (!e.note.empty()) say(s_.changed_goal = e.note);
  }

  void operator()(const Suspended& e) {
    s_.suspended = e;
    forget_attempts();
    if (e.resume_at_ms && s_.calls.empty()) s_.resume_at_ms = *e.resume_at_ms;
    // A wait is nobody's fault. Deadlines and signals that always come too early are a loop that costs money.
    if (e.resume_at_ms || is_for_person(e) || std::any_of(s_.calls.begin(), s_.calls.end(), needs_person))
      s_.idle_invocations = std::max<std::int64_t>(0, s_.idle_invocations - 1);
  }

  void operator()(const Failed& e) {
    s_.ending = e;
    if (e.can_resume) s_.idle_invocations = std::max<std::int64_t>(0, s_.idle_invocations - 1);
  }
  void operator()(const Completed& e) { s_.ending = e; }
  void operator()(const Cancelled& e) { s_.ending = e; }
  void operator()(const LimitReached& e) { s_.ending = e; }

 private:
  /// Every model of the task is as good as new.
  void forget_failures() {
    s_.models.assign(1 + s_.task.model.fallbacks.size(), {});
    s_.rejections = s_.overflows = s_.quick_summaries = 0;
    s_.resume_at_ms = 0;
    forget_checks(s_);
  }

  void know(const std::string& letter) {
    if (!letter.empty()) s_.letters.insert(letter);
  }

  /// A new invocation tries as often as any. Where there are fallbacks the count goes on: short invocations
  /// would never come to ask one.
  void forget_attempts() {
    if (s_.models.size() == 1) s_.models.front().failed_attempts = 0;
  }

  /// Newer models refuse a thought that was had with other tools.
  void forget_provider_content() {
    for (Message& message : s_.transcript) message.provider_content.clear();
  }

  ModelHealth& model_of(std::int64_t fallback) {
    const auto index = static_cast<std::size_t>(fallback);
    if (index >= s_.models.size()) refuse(record_, "names a fallback that the task does not have");
    return s_.models[index];
  }

  /// Whether another model is better asked than this one waited for. What no other model could mend does not
  /// count.
  bool is_given_up(const ModelHealth& model, const ModelFailed& e) const {
    if (is_final(e)) return false;
    return !e.retryable || model.failed_attempts > model_setup(s_.task, e.fallback).retries ||
           model.retry_at_ms - record_.at_ms > kLongestWaitMs;
  }

  CallState& unfinished(const CallId& id) {
    const auto found =
        std::find_if(s_.calls.begin(), s_.calls.end(), [&](const CallState& c) { return c.id == id; });
    if (found == s_.calls.end()) refuse(record_, "names a call that nobody asked for: " + to_string(id));
    if (found->status == CallStatus::Done)
      refuse(record_, "names a call that has its result: " + to_string(id));
    return *found;
  }

  /// All calls have results: they go to the transcript in call order, then what people said meanwhile.
  void settle() {
    if (s_.checking)
      settle_checks(s_);
    else
      settle_calls();
    s_.calls.clear();
    for (Message& message : std::exchange(s_.said, {})) say(message.text);
  }

  void settle_calls() {
    for (CallState& c : s_.calls)
      s_.transcript.push_back({.role = Role::Tool,
                               .text = std::move(c.result.text),
                               .call = {std::move(c.call.provider_id), std::move(c.call.name), {}},
                               .is_error = c.result.outcome != Outcome::Ok,
                               .output = c.result.output_path.empty() ? "" : "output:" + to_string(c.id)});
  }

  void say(const std::string& text) {
    (s_.calls.empty() ? s_.transcript : s_.said).push_back({.role = Role::User, .text = text});
    s_.answered = false;
  }

  void add_usage(const Usage& usage, const std::optional<double>& cost) { add({usage, 1, cost}); }

  void add(const Spent& spent) {
    s_.model_calls += spent.model_calls;
    s_.usage += spent.usage;
    if (s_.cost_usd && spent.cost_usd)
      *s_.cost_usd += *spent.cost_usd;
    else
      s_.cost_usd.reset();
  }

  State& s_;
  const Record& record_;
};

bool may_follow_ending(const Event& event, const Ending& ending) {
  if (!std::holds_alternative<InvocationStarted>(event)) return false;
  return std::holds_alternative<Failed>(ending) || std::holds_alternative<LimitReached>(ending);
}

}  // namespace

bool is_for_person(const Suspended& suspended) {
  return suspended.reason == "approval" || suspended.reason == "question";
}

void State::apply(const Record& record) {
  if (record.seq != seq + 1) refuse(record, "follows seq " + std::to_string(seq));
  if (std::holds_alternative<RunStarted>(record.event) != (seq == 0)) refuse(record, "is in the wrong place");
  if (ending && !may_follow_ending(record.event, *ending)) refuse(record, "follows the end of the run");
  std::visit(Applier(*this, record), record.event);
  seq = record.seq;
}

}  // namespace agentd
