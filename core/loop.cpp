#include "core/loop.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/call_rules.h"
#include "core/context.h"
#include "core/decide.h"
#include "core/mask.h"
#include "core/request.h"

// An interrupted run is a journal that does not end in a final event: resuming has no code of its own. Events
// are staged one by one and made durable together before anything outside is done or told, so a reply and the
// start of its calls, or an answer and the end of the run, share one commit.

namespace agentd {

namespace {

/// Whether it can go on at once.
bool is_ready(const Suspended& suspended) {
  return !suspended.resume_at_ms && !is_for_person(suspended);
}

/// Two calls cannot go on now: the run waits for whatever comes first, and says what a person can do.
Suspended both(Suspended one, Suspended other) {
  if (is_ready(one)) return one;
  if (is_ready(other)) return other;
  const auto never = std::numeric_limits<std::int64_t>::max();
  const std::int64_t first = std::min(one.resume_at_ms.value_or(never), other.resume_at_ms.value_or(never));
  Suspended& told = is_for_person(other) && !is_for_person(one) ? other : one;
  if (first != never) told.resume_at_ms = first;
  return std::move(told);
}

/// Does what was decided; what came of it is staged.
struct Perform {
  const World& world;
  const State& state;
  Recorder& recorder;

  void operator()(Append& append) const {
    for (Event& event : append.events) recorder.stage(std::move(event));
  }

  /// What its tools are is settled first: the model is to be told of what has changed.
  void operator()(const AskModel& ask) const {
    if (world.update)
      if (std::optional<TaskUpdated> update = world.update(state)) return recorder.stage(std::move(*update));
    ModelResult result = world.model.ask(make_request(state, ask.fallback), world.stop);
    const auto stage = [&](auto& event) {
      event.fallback = ask.fallback;
      recorder.stage(std::move(event));
    };
    std::visit(overloaded{[&](ModelReplied& reply) { stage(reply); },
                          [&](ModelFailed& failure) { stage(failure); }, [](Interrupted&) {}},
               result);
  }

  void operator()(const Summarise& wanted) const {
    const SummaryRequest summary(state, wanted.fallback);
    ModelResult result = world.model.ask(summary.request(), world.stop);
    if (const auto* reply = std::get_if<ModelReplied>(&result)) recorder.stage(summary.outcome(*reply));
    if (const auto* failure = std::get_if<ModelFailed>(&result)) recorder.stage(summary.outcome(*failure));
  }

  /// Those that cannot go on now end the invocation, once all others have landed.
  void operator()(const RunTools& run) const {
    std::optional<Suspended> suspended;
    world.tools.run(run.calls, world.stop, [&](Event event) {
      if (auto* held = std::get_if<Suspended>(&event)) {
        suspended = suspended ? both(*std::move(suspended), std::move(*held)) : std::move(*held);
        return;
      }
      recorder.stage(std::move(event));
      recorder.commit();
    });
    if (!suspended || world.stop.reason() != StopReason::None) return;
    if (const auto timer = next_timer(state); timer && !is_ready(*suspended))
      suspended->resume_at_ms = std::min(*timer, suspended->resume_at_ms.value_or(*timer));
    recorder.stage(std::move(*suspended));
  }

  void operator()(const AskPerson&) const { recorder.take_in(world.person->ask(state, world.stop)); }
  void operator()(const Wait& wait) const { world.clock.sleep_until(wait.until_ms, world.stop); }
  void operator()(const Return&) const {}
};

/// What is only noted down is not up to anybody, but for the end of the run or of the invocation.
bool may_be_talked_out_of(const Action& action) {
  const auto* append = std::get_if<Append>(&action);
  return append == nullptr || std::holds_alternative<Completed>(append->events.front()) ||
         std::holds_alternative<Suspended>(append->events.front());
}

Now now(const World& world, const State& state) {
  return {world.clock.now_ms(),
          world.stop.time_left_ms(),
          world.stop.reason(),
          world.prices,
          world.person != nullptr && world.person->can_answer(state),
          world.grant};
}

}  // namespace

Recorder::Recorder(const Means& means, State& state, Observe observe)
    : means_(means), state_(state), observe_(std::move(observe)) {}

void Recorder::stage(Event event) {
  if (means_.secrets != nullptr) mask(event, *means_.secrets);
  const std::int64_t step = state_.step + (std::holds_alternative<ModelReplied>(event) ? 1 : 0);
  Record record{state_.seq + 1, means_.clock.now_ms(), step, std::move(event)};
  means_.journal.append(record);
  state_.apply(record);
  staged_.push_back(std::move(record));
}

void Recorder::commit() {
  means_.journal.commit();
  for (const Record& record : std::exchange(staged_, {})) observe_(record);
}

/// What a letter says of a call that waits for no approval any more comes too late.
void Recorder::stage(const Letter& letter) {
  const bool is_known = !letter.id.empty() && state_.letters.contains(letter.id);
  if (is_known || state_.ending) return;
  if (letter.kind == Letter::Kind::Cancel) return stage(Cancelled{letter.id});
  if (letter.kind == Letter::Kind::Say) return stage(UserSaid{letter.text, letter.id});
  const bool is_due = std::any_of(state_.calls.begin(), state_.calls.end(), [&](const CallState& call) {
    return call.id == letter.call && call.status == CallStatus::Open && call.approval == Approval::Requested;
  });
  if (is_due) stage(ApprovalGiven{letter.call, letter.kind == Letter::Kind::Approve, letter.text, letter.id});
}

bool Recorder::take_in(const std::vector<Letter>& letters) {
  for (const Letter& letter : letters) stage(letter);
  const bool has_news = !staged_.empty();
  commit();
  return has_news;
}

bool Recorder::take_in(Inbox& inbox) {
  const std::vector<Letter> letters = inbox.read();
  if (letters.empty()) return false;
  const bool has_news = take_in(letters);
  for (const Letter& letter : letters) inbox.remove(letter);
  return has_news;
}

State fold(Journal& journal) {
  State state;
  journal.read([&](const Record& record) { state.apply(record); });
  return state;
}

void drive(const World& world, State& state, std::vector<Event> opening) {
  Recorder recorder({world.journal, world.clock, world.secrets}, state, world.observe);
  const Perform perform{world, state, recorder};
  for (Event& event : opening) recorder.stage(std::move(event));
  while (true) {
    Action action = next_action(state, now(world, state));
    if (!std::holds_alternative<Append>(action)) recorder.commit();
    if (std::holds_alternative<Return>(action)) return;
    if (may_be_talked_out_of(action) && recorder.take_in(world.inbox)) continue;
    std::visit(perform, action);
  }
}

}  // namespace agentd
