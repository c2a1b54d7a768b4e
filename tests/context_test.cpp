#include "core/context.h"

#include "core/decide.h"
#include "core/loop.h"
#include "core/request.h"
#include "tests/support/catch.h"
#include "tests/support/fake_world.h"
#include "tests/support/story.h"

using namespace agentd;

namespace {

RunStarted a_start_with(std::int64_t context_tokens) {
  RunStarted start = a_start();
  start.task.model.context_tokens = context_tokens;
  start.task.limits.steps = std::nullopt;
  return start;
}

/// As the provider counts: four bytes a token.
std::int64_t tokens_of(const State& state) {
  std::size_t bytes = 0;
  for (const Message& message : state.transcript) bytes += message.text.size();
  return static_cast<std::int64_t>(bytes / 4);
}

/// One more step, with calls of these tools and results of that many bytes.
void look(Story& story, std::size_t bytes, const std::vector<std::string>& tools = {"look"}) {
  std::vector<ToolCall> calls;
  for (const std::string& tool : tools) calls.push_back(a_call(tool));
  ModelReplied reply = a_reply(calls);
  reply.usage = {.input = tokens_of(story.state()) + 10, .output = 3};
  story.tell(reply);
  for (std::size_t i = 1; i <= tools.size(); ++i)
    story.tell(a_result({story.state().step, static_cast<std::int64_t>(i)}, std::string(bytes, 'x'),
                        tools[i - 1] == "put" ? Outcome::Error : Outcome::Ok));
}

Story a_story(std::int64_t context_tokens, int steps, std::size_t bytes, const std::string& tool = "look") {
  Story story({a_start_with(context_tokens), an_invocation()});
  for (int i = 1; i <= steps; ++i) look(story, bytes, {tool});
  return story;
}

/// A context that only a summary makes room in: these calls fail, which is never cleared.
Story a_full_story() {
  return a_story(10'000, 7, 3'600, "put");
}

template <class T>
std::optional<T> only(const Action& action) {
  const auto* append = std::get_if<Append>(&action);
  const T* event = append == nullptr ? nullptr : std::get_if<T>(&append->events.front());
  return event == nullptr ? std::nullopt : std::optional<T>(*event);
}

Action next(const State& state) {
  return next_action(state, {});
}

/// What every provider demands of a transcript.
bool is_whole(std::span<const Message> messages) {
  std::size_t open = 0;
  for (const Message& message : messages) {
    if (message.role == Role::Tool) {
      if (open == 0) return false;
      --open;
      continue;
    }
    if (open != 0) return false;
    if (message.role == Role::Assistant) open = message.calls.size();
  }
  return open == 0 && messages.front().role == Role::User;
}

/// What a summary of the next request would leave.
Story summarised(Story story, const std::string& text = "All went well.") {
  const SummaryRequest wanted(story.state(), 0);
  ModelReplied reply = a_reply({}, text);
  story.tell(wanted.outcome(reply));
  return story;
}

}  // namespace

TEST_CASE("A request that has room is sent as it is") {
  CHECK(next(a_story(10'000, 3, 2'000).state()) == Action(AskModel{0}));
  CHECK(next(a_story(1'000'000, 30, 8'000).state()) == Action(AskModel{0}));
}

TEST_CASE("Old results are cleared first, once that frees much, and errors and people's answers never are") {
  Story story = a_story(10'000, 3, 1'000);
  look(story, 1'000, {"ask", "put"});
  for (int i = 5; i <= 16; ++i) look(story, 1'000);
  const auto compacted = only<Compacted>(next(story.state()));
  REQUIRE(compacted);
  CHECK((compacted->summary.empty() && compacted->usage == Usage{}));
  const std::vector<Message> before = story.state().transcript;
  story.tell(*compacted);
  const std::vector<Message>& after = story.state().transcript;
  REQUIRE(after.size() == before.size());
  CHECK(after[2].text == "[The result of this call of look, 1000 bytes, is no longer shown, to make room.]");
  CHECK((after[8].text == before[8].text && after[9].text == before[9].text));
  CHECK(std::equal(after.end() - 12, after.end(), before.end() - 12));
  CHECK(is_whole(after));
  CHECK(next(story.state()) == Action(AskModel{0}));
}

TEST_CASE("Clearing little is not worth the cache that it costs") {
  Story story = a_story(10'000, 1, 1'000);
  for (int i = 2; i <= 7; ++i) look(story, 2'800, {"put"});
  CHECK(next(story.state()) == Action(AskModel{0}));
}

TEST_CASE("A result that stands in a file says where") {
  Story story({a_start_with(10'000), an_invocation()});
  ToolFinished result = a_result({1, 1}, std::string(2'000, 'x'));
  result.result.output_path = "outputs/x";
  story.tell(a_reply({a_call("look")})).tell(result);
  for (int i = 2; i <= 12; ++i) look(story, 2'000);
  story.tell(*only<Compacted>(next(story.state())));
  CHECK(story.state().transcript[2].text ==
        "[The result of this call of look, 2000 bytes, is no longer shown, to make room. read_file with the "
        "path "
        "\"output:1.1\" reads it.]");
}

TEST_CASE("A summary takes the place of all but the goal and the last messages") {
  Story story = a_full_story();
  story.tell(UserSaid{"Mind the gap."});
  REQUIRE(next(story.state()) == Action(Summarise{0}));
  const SummaryRequest wanted(story.state(), 0);
  const ModelRequest request = wanted.request();
  CHECK(request.wants_summary);
  CHECK(
      std::equal(story.state().transcript.begin(), story.state().transcript.end(), request.messages.begin()));
  CHECK(request.messages.size() == story.state().transcript.size() + 1);
  CHECK(is_whole(request.messages));

  const std::vector<Message> before = story.state().transcript;
  story = summarised(std::move(story));
  const State& state = story.state();
  CHECK(state.transcript.front().text == "Count the words.");
  CHECK_THAT(state.transcript[1].text, ContainsSubstring("All went well."));
  CHECK(state.transcript.size() < before.size());
  CHECK(state.transcript.back() == before.back());
  CHECK(is_whole(state.transcript));
  CHECK(state.model_calls == 8);
  CHECK(state.cost_usd == 2.0);
  CHECK(next(state) == Action(AskModel{0}));
}

TEST_CASE("What people said is kept word for word, whatever the summary says") {
  Story story({a_start_with(10'000), an_invocation(), UserSaid{"Never touch prod."}});
  for (int i = 1; i <= 7; ++i) look(story, 3'600, {"put"});
  story = summarised(std::move(story));
  CHECK_THAT(story.state().transcript[1].text, ContainsSubstring("> Never touch prod."));
  const std::string once = story.state().transcript[1].text;
  for (int i = 8; i <= 16; ++i) look(story, 3'600, {"put"});
  story = summarised(std::move(story));
  CHECK_THAT(story.state().transcript[1].text, ContainsSubstring("Never touch prod."));
  CHECK(story.state().transcript[1].text.find("The conversation so far was cut") == 0);
}

TEST_CASE(
    "Nothing is cut where there is nothing to cut, and what people said is shortened rather than lost") {
  RunStarted start = a_start_with(1'000);
  start.goal = std::string(20'000, 'g');
  CHECK(next(Story({start, an_invocation()}).state()) == Action(AskModel{0}));

  Story story(
      {a_start_with(10'000), an_invocation(), UserSaid{"Never " + std::string(9'000, 'n') + " ever."}});
  for (int i = 1; i <= 7; ++i) look(story, 3'600, {"put"});
  story = summarised(std::move(story));
  CHECK_THAT(story.state().transcript[1].text,
             ContainsSubstring("> Never nnn") && ContainsSubstring("nnn ever."));
}

TEST_CASE("A reply that is no summary is a failed attempt, and is paid for") {
  const Story story = a_full_story();
  const SummaryRequest wanted(story.state(), 0);
  for (const ModelReplied& reply : {a_reply({a_call("look")}, "Let me look."), a_reply({}, "")}) {
    const Event event = wanted.outcome(reply);
    const auto* failed = std::get_if<ModelFailed>(&event);
    REQUIRE(failed != nullptr);
    CHECK((failed->retryable && failed->usage == reply.usage && failed->cost_usd == reply.cost_usd));
    Story again = story;
    again.tell(event);
    const Event second = SummaryRequest(again.state(), 0).outcome(reply);
    REQUIRE(std::holds_alternative<Compacted>(second));
    CHECK_THAT(std::get<Compacted>(second).summary, ContainsSubstring("No summary could be had"));
  }
}

TEST_CASE("Where the model cannot write a summary, a list of what was called stands in its place") {
  Story story = a_full_story();
  const SummaryRequest wanted(story.state(), 0);
  CHECK(std::holds_alternative<ModelFailed>(
      wanted.outcome(ModelFailed{.reason = "network", .retryable = true})));
  const ModelFailed cut{.reason = "length", .usage = {.input = 9}, .cost_usd = 0.5};
  story.tell(wanted.outcome(cut));
  const Message& summary = story.state().transcript[1];
  CHECK_THAT(summary.text, ContainsSubstring("No summary could be had") &&
                               ContainsSubstring("- called put {}") && ContainsSubstring("- result: xxx"));
  CHECK(summary.text.size() < 6'500);
  CHECK(story.state().cost_usd == 2.25);
  CHECK(next(story.state()) == Action(AskModel{0}));
  CHECK(std::holds_alternative<Compacted>(
      SummaryRequest(a_full_story().state(), 0).outcome(ModelFailed{.reason = "bad_request"})));
}

TEST_CASE("A summary that fails keeps what the one before said") {
  Story story({a_start_with(10'000), an_invocation(), UserSaid{"Never touch prod."}});
  for (int i = 1; i <= 7; ++i) look(story, 3'600, {"put"});
  story = summarised(std::move(story), "The vault code is 4711.");
  for (int round = 0; round < 3; ++round) {
    for (int i = 1; i <= 9; ++i) look(story, 3'600, {"put"});
    story.tell(SummaryRequest(story.state(), 0).outcome(ModelFailed{.reason = "length"}));
    const std::string& text = story.state().transcript[1].text;
    CHECK_THAT(text, ContainsSubstring("The vault code is 4711.") &&
                         ContainsSubstring("No summary could be had") &&
                         ContainsSubstring("- called put {}") && ContainsSubstring("> Never touch prod."));
    CHECK(text.size() < 9'500);
  }
}

TEST_CASE("An empty summary is asked for twice, whoever tells that it is empty") {
  Story story = a_full_story();
  const ModelFailed empty{.reason = "empty", .message = "sent an empty reply", .retryable = true};
  const Event first = SummaryRequest(story.state(), 0).outcome(empty);
  REQUIRE(std::holds_alternative<ModelFailed>(first));
  story.tell(first);
  CHECK(std::holds_alternative<Compacted>(SummaryRequest(story.state(), 0).outcome(empty)));
}

TEST_CASE("A summary pins a goal that was changed, and keeps what people answered") {
  Story story({a_start_with(10'000), an_invocation()});
  TaskUpdated update{
      .task = story.state().task, .goal = "Count the letters.", .note = "From now on: count letters."};
  story.tell(update);
  look(story, 40, {"ask"});
  for (int i = 1; i <= 7; ++i) look(story, 3'600, {"put"});
  for (int i = 1; i <= 3; ++i) story.tell(UserSaid{std::string(1'500, 'u'), "l" + std::to_string(i)});
  CHECK(story.state().transcript[0].text == "Count the words.");
  story = summarised(std::move(story));
  CHECK(story.state().transcript[0].text == "Count the words.\n\nFrom now on: count letters.");
  const std::string& text = story.state().transcript[1].text;
  CHECK_THAT(text, !ContainsSubstring("From now on") && ContainsSubstring("> " + std::string(40, 'x')));
  for (int i = 1; i <= 9; ++i) look(story, 3'600, {"put"});
  story = summarised(std::move(story));
  CHECK(story.state().transcript[0].text == "Count the words.\n\nFrom now on: count letters.");
}

TEST_CASE("What one model refuses as too long narrows no other's window, and wrong counts none") {
  RunStarted start = a_start_with(1'000'000);
  start.task.model.fallbacks = {start.task.model};
  Story story({start, an_invocation()});
  for (int i = 1; i <= 12; ++i) look(story, 4'000);
  ModelReplied liar = a_reply({a_call("look")});
  liar.usage = {.input = 10, .output = 1};
  story.tell(liar).tell(a_result({13, 1}, "x"));
  story.tell(ModelFailed{.reason = "context", .message = "too long", .fallback = 1});
  CHECK(story.state().narrow_windows.size() == 1);
  CHECK(story.state().narrow_windows.at(1) > 12'000);
}

TEST_CASE("Large results are cleared as soon as the model has replied to them") {
  Story story = a_story(10'000, 6, 3'000);
  const auto compacted = only<Compacted>(next(story.state()));
  REQUIRE(compacted);
  CHECK((compacted->summary.empty() && compacted->messages == 10));
}

TEST_CASE("A model that says 'too long' makes room, step by step, and is given up in the end") {
  Story story = a_story(1'000'000, 12, 4'000);
  const ModelFailed too_long{.reason = "context", .message = "too long"};
  story.tell(too_long);
  REQUIRE(only<Compacted>(next(story.state())));
  story.tell(*only<Compacted>(next(story.state())));
  CHECK(next(story.state()) == Action(AskModel{0}));
  story.tell(too_long);
  CHECK(next(story.state()) == Action(Summarise{0}));
  const SummaryRequest shortened(story.state(), 0);
  for (const Message& message : shortened.request().messages) CHECK(message.text.size() < 2'500);
  story.tell(too_long);
  story.tell(too_long);
  story.tell(too_long);
  const auto failed = only<Failed>(next(story.state()));
  REQUIRE(failed);
  CHECK((failed->reason == "context" && failed->can_resume));
  story.tell(*failed).tell(an_invocation());
  CHECK_FALSE(only<Failed>(next(story.state())));

  Story short_one({a_start(), an_invocation(), too_long});
  REQUIRE(only<Failed>(next(short_one.state())));
  CHECK(only<Failed>(next(short_one.state()))->message == "too long");
}

TEST_CASE("A context that is full again at once ends the run with a reason, not with a bill") {
  Story story = a_full_story();
  int summaries = 0;
  for (int i = 8; i < 40; ++i) {
    Action action = next(story.state());
    if (std::holds_alternative<Summarise>(action)) {
      story = summarised(std::move(story), std::string(24'000, 's'));
      ++summaries;
      action = next(story.state());
    }
    if (const auto failed = only<Failed>(action)) {
      CHECK(failed->reason == "context");
      CHECK_THAT(failed->message, ContainsSubstring("10000 tokens"));
      CHECK(summaries <= 4);
      return;
    }
    if (std::holds_alternative<Summarise>(action)) continue;
    if (const auto cleared = only<Compacted>(action)) story.tell(Event(*cleared));
    look(story, 9'000, {"put"});
  }
  FAIL("it went on for ever");
}

namespace {

/// Takes in so many tokens and no more, and insists on what every provider insists on.
class NarrowModel : public Model {
 public:
  explicit NarrowModel(std::int64_t window) : window_(window) {}

  ModelResult ask(const ModelRequest& request, const Stop&) override {
    check(request);
    std::size_t bytes = request.system.size();
    for (const Message& message : request.messages) bytes += message.text.size();
    const auto tokens = static_cast<std::int64_t>(bytes / 4);
    if (tokens > window_) {
      ++refused;
      return ModelFailed{.reason = "context", .message = "too long"};
    }
    ModelReplied reply;
    reply.usage = {.input = tokens, .output = 5};
    reply.cost_usd = 0.001;
    if (request.wants_summary) {
      reply.text = "Up to step " + std::to_string(request.step) + ".";
      return reply;
    }
    if (request.step == kSteps)
      reply.text = "counted to " + std::to_string(request.step);
    else
      reply.calls = {a_call("look"), a_call("look")};
    return reply;
  }

  static constexpr std::int64_t kSteps = 2'000;
  int refused = 0;
  int changed = 0;  ///< requests that do not begin with the one before

 private:
  void check(const ModelRequest& request) {
    if (!is_whole(request.messages) || request.messages.front().text != "Count the words.")
      FAIL("a request that no provider takes, at step " << request.step);
    const std::vector<Message> now(request.messages.begin(), request.messages.end());
    const std::size_t shared = last_.empty() ? 0 : last_.size() - (was_summary_ ? 1 : 0);
    if (now.size() < shared ||
        !std::equal(last_.begin(), last_.begin() + static_cast<std::ptrdiff_t>(shared), now.begin()))
      ++changed;
    last_ = now;
    was_summary_ = request.wants_summary;
  }

  std::int64_t window_;
  std::vector<Message> last_;
  bool was_summary_ = false;
};

}  // namespace

TEST_CASE("Two thousand steps fit into a small context, told of its size or not") {
  const std::int64_t told = GENERATE(20'000, 1'000'000);
  RunStarted start = a_start_with(told);
  Lasting lasting;
  Fuse fuse;
  FusedJournal journal(lasting.journal, fuse);
  FusedInbox inbox(lasting, fuse);
  FakeClock clock;
  NeverStop stop;
  class LongTools : public Tools {
   public:
    void run(std::span<const ToolRun> calls, const Stop&, const std::function<void(Event)>& landed) override {
      for (const ToolRun& call : calls) landed(a_result(call.call, std::string(1'200, 'x')));
    }
    std::vector<ToolSpec> specs(const Stop&) override { return {}; }
  } tools;
  NarrowModel model(20'000);
  State state;
  drive({clock, stop, journal, inbox, model, tools, [](const Record&) {}}, state, {start, an_invocation()});
  REQUIRE(state.ending);
  const auto* failed = std::get_if<Failed>(&*state.ending);
  INFO("told " << told << ", at step " << state.step << (failed ? ": " + failed->message : ""));
  REQUIRE(std::holds_alternative<Completed>(*state.ending));
  CHECK(std::get<Completed>(*state.ending).result == "counted to 2000");
  CHECK(state == fold(lasting.journal));
  const auto cuts = std::count_if(lasting.journal.records.begin(), lasting.journal.records.end(),
                                  [](const Record& r) { return std::holds_alternative<Compacted>(r.event); });
  CHECK((cuts > 10 && model.changed <= cuts));
  if (told == 20'000) CHECK(model.refused == 0);
}
