#include "core/loop.h"

#include <utility>

#include "core/decide.h"
#include "core/request.h"

// An interrupted run is a journal that does not end in a final event: resuming has no code of its own. Events
// are staged one by one and made durable together before anything outside is done or told, so a reply and the
// start of its calls, or an answer and the end of the run, share one commit.

namespace agentd {

namespace {

/// Does what was decided; what came of it is staged.
struct Perform {
  const World& world;
  const State& state;
  Recorder& recorder;

  void operator()(Append& append) const {
    for (Event& event : append.events) recorder.stage(std::move(event));
  }

  void operator()(const AskModel& ask) const {
    ModelResult result = world.model.ask(make_request(state, ask.fallback), world.stop);
    const auto stage = [&](auto& event) {
      event.fallback = ask.fallback;
      recorder.stage(std::move(event));
    };
    std::visit(overloaded{[&](ModelReplied& reply) { stage(reply); },
                          [&](ModelFailed& failure) { stage(failure); }, [](Interrupted&) {}},
               result);
  }

  void operator()(const RunTools& run) const {
    world.tools.run(run.calls, world.stop, [&](ToolFinished finished) {
      recorder.stage(std::move(finished));
      recorder.commit();
    });
  }

  void operator()(const Wait& wait) const { world.clock.sleep_until(wait.until_ms, world.stop); }
  void operator()(const Return&) const {}
};

/// What is only noted down is not up to anybody, but for the end of the run or of the invocation.
bool may_be_talked_out_of(const Action& action) {
  const auto* append = std::get_if<Append>(&action);
  return append == nullptr || std::holds_alternative<Completed>(append->events.front()) ||
         std::holds_alternative<Suspended>(append->events.front());
}

}  // namespace

Recorder::Recorder(Journal& journal, Clock& clock, State& state, Observe observe)
    : journal_(journal), clock_(clock), state_(state), observe_(std::move(observe)) {}

void Recorder::stage(Event event) {
  const std::int64_t step = state_.step + (std::holds_alternative<ModelReplied>(event) ? 1 : 0);
  Record record{state_.seq + 1, clock_.now_ms(), step, std::move(event)};
  journal_.append(record);
  state_.apply(record);
  staged_.push_back(std::move(record));
}

void Recorder::commit() {
  journal_.commit();
  for (const Record& record : std::exchange(staged_, {})) observe_(record);
}

bool Recorder::take_in(Inbox& inbox) {
  const std::vector<Letter> letters = inbox.read();
  if (letters.empty()) return false;
  for (const Letter& letter : letters) {
    if (state_.letters.contains(letter.id) || state_.ending) continue;
    if (letter.kind == Letter::Kind::Cancel)
      stage(Cancelled{letter.id});
    else
      stage(UserSaid{letter.text, letter.id});
  }
  const bool has_news = !staged_.empty();
  commit();
  for (const Letter& letter : letters) inbox.remove(letter);
  return has_news;
}

State fold(Journal& journal) {
  State state;
  journal.read([&](const Record& record) { state.apply(record); });
  return state;
}

void drive(const World& world, State& state, std::vector<Event> opening) {
  Recorder recorder(world.journal, world.clock, state, world.observe);
  const Perform perform{world, state, recorder};
  for (Event& event : opening) recorder.stage(std::move(event));
  while (true) {
    Action action = next_action(
        state, {world.clock.now_ms(), world.stop.time_left_ms(), world.stop.reason(), world.prices});
    if (!std::holds_alternative<Append>(action)) recorder.commit();
    if (std::holds_alternative<Return>(action)) return;
    if (may_be_talked_out_of(action) && recorder.take_in(world.inbox)) continue;
    std::visit(perform, action);
  }
}

}  // namespace agentd
