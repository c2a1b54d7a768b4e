#include "core/state.h"

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/text.h"

namespace agentd {

namespace {

[[noreturn]] void refuse(const Record& record, const std::string& why) {
  throw Error(Exit::Storage, "the journal is damaged at seq " + std::to_string(record.seq) + ": " +
                                 std::string(kind_of(record.event)) + " " + why);
}

/// 0.5 s, doubling up to 8 s, less up to a quarter; the server's own wish comes first. The jitter is a hash,
/// so that the state stays a function of the journal.
std::int64_t retry_delay_ms(const State& state, const ModelFailed& failure) {
  constexpr std::int64_t kLongest = 86'400'000;
  if (failure.retry_after_ms) return std::clamp<std::int64_t>(*failure.retry_after_ms, 0, kLongest);
  const std::int64_t full =
      std::min<std::int64_t>(500LL << std::min<std::int64_t>(state.failed_attempts - 1, 4), 8000);
  const std::string hash = hash_hex(state.run + "/" + std::to_string(state.seq));
  std::int64_t jitter = 0;
  std::from_chars(hash.data(), hash.data() + 4, jitter, 16);
  return full - full * jitter / 0xFFFF / 4;
}

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
    s_.started_at_ms = record_.at_ms;
    s_.transcript.push_back({.role = Role::User, .text = e.goal});
  }

  void operator()(const InvocationStarted&) {
    ++s_.invocation;
    if (was_stuck()) s_.idle_invocations = 0;  // somebody raised the limit
    ++s_.idle_invocations;
    s_.failed_attempts = 0;
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
                             .provider_content = e.provider_content});
    for (const ToolCall& call : e.calls)
      s_.calls.push_back({.id = {s_.step, static_cast<std::int64_t>(s_.calls.size()) + 1}, .call = call});
    s_.answered = e.calls.empty() && !e.unfinished;
    s_.expected_reply_ms = std::max(e.duration_ms, (s_.expected_reply_ms + e.duration_ms) / 2);
    s_.failed_attempts = 0;
    s_.retry_at_ms = 0;
    s_.failure.reset();
    s_.idle_invocations = 0;
    add_usage(e.usage, e.cost_usd);
  }

  void operator()(const ModelFailed& e) {
    ++s_.failed_attempts;
    s_.retry_at_ms = e.retryable ? record_.at_ms + retry_delay_ms(s_, e) : 0;
    s_.failure = e;
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
    const auto done = [](const CallState& c) { return c.status == CallStatus::Done; };
    if (std::all_of(s_.calls.begin(), s_.calls.end(), done)) settle();
  }

  void operator()(const UserSaid& e) {
    if (!e.letter.empty()) s_.letters.insert(e.letter);
    say(e.text);
  }

  void operator()(const TaskUpdated& e) {
    s_.task = e.task;
    s_.inputs = e.inputs;
    s_.goal = e.goal;
    s_.tools = e.tools;
    if (!e.note.empty()) say(e.note);
  }

  void operator()(const Suspended& e) {
    s_.suspended = e;
    s_.failed_attempts = 0;
    if (e.resume_at_ms) s_.retry_at_ms = *e.resume_at_ms;
    // A wait is nobody's fault. Deadlines and signals that always come too early are a loop that costs money.
    if (e.resume_at_ms) s_.idle_invocations = std::max<std::int64_t>(0, s_.idle_invocations - 1);
  }

  void operator()(const Failed& e) {
    s_.ending = e;
    if (e.can_resume) s_.idle_invocations = std::max<std::int64_t>(0, s_.idle_invocations - 1);
  }
  void operator()(const Completed& e) { s_.ending = e; }
  void operator()(const Cancelled& e) { s_.ending = e; }
  void operator()(const LimitReached& e) { s_.ending = e; }

 private:
  bool was_stuck() const {
    const auto* failed = s_.ending ? std::get_if<Failed>(&*s_.ending) : nullptr;
    return failed != nullptr && failed->reason == "stuck";
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
    for (CallState& c : s_.calls)
      s_.transcript.push_back({.role = Role::Tool,
                               .text = std::move(c.result.text),
                               .call = {std::move(c.call.provider_id), std::move(c.call.name), {}},
                               .is_error = c.result.outcome != Outcome::Ok});
    s_.calls.clear();
    for (Message& message : s_.said) s_.transcript.push_back(std::move(message));
    s_.said.clear();
  }

  void say(const std::string& text) {
    (s_.calls.empty() ? s_.transcript : s_.said).push_back({.role = Role::User, .text = text});
    s_.answered = false;
  }

  void add_usage(const Usage& usage, const std::optional<double>& cost) {
    ++s_.model_calls;
    s_.usage += usage;
    if (s_.cost_usd && cost)
      *s_.cost_usd += *cost;
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

void State::apply(const Record& record) {
  if (record.seq != seq + 1) refuse(record, "follows seq " + std::to_string(seq));
  if (std::holds_alternative<RunStarted>(record.event) != (seq == 0)) refuse(record, "is in the wrong place");
  if (ending && !may_follow_ending(record.event, *ending)) refuse(record, "follows the end of the run");
  std::visit(Applier(*this, record), record.event);
  seq = record.seq;
}

}  // namespace agentd
