#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/loop.h"
#include "core/model/models.h"
#include "core/model/openai.h"
#include "core/model/scripted.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_stop.h"
#include "tests/support/memory_journal.h"
#include "tests/support/story.h"

namespace agentd {

/// The process dies here: what is durable stays, the rest is gone.
struct Crash {};

/// Counts the instants at which a process can die, and dies at the chosen ones.
class Fuse {
 public:
  explicit Fuse(int burns_at = 0) : burns_at_{burns_at} {}
  explicit Fuse(std::set<int> burns_at) : burns_at_(std::move(burns_at)) {}
  void pass() {
    ++passed_;
    if (on_pass) on_pass(passed_);
    if (burns_at_.contains(passed_)) throw Crash{};
  }
  int passed() const { return passed_; }

  std::function<void(int)> on_pass;  ///< what others do at that instant

 private:
  std::set<int> burns_at_;
  int passed_ = 0;
};

/// What outlives a process: the disk and the outside world.
struct Lasting {
  MemoryJournal journal;
  std::vector<Letter> letters;
  std::map<std::string, int> effects;  ///< how often each call took effect
  std::map<std::int64_t, std::set<std::string>>
      requests;  ///< the bytes sent for each step; one each, if all is well
  std::int64_t now_ms = 1'000'000;
  std::set<std::string> failing;  ///< checks that fail
};

class FusedJournal : public Journal {
 public:
  FusedJournal(Journal& journal, Fuse& fuse) : journal_(journal), fuse_(fuse) {}
  void read(const std::function<void(Record)>& each) override { journal_.read(each); }
  void append(const Record& record) override {
    fuse_.pass();
    journal_.append(record);
    fuse_.pass();
  }
  void commit() override {
    fuse_.pass();
    journal_.commit();
    fuse_.pass();
  }

 private:
  Journal& journal_;
  Fuse& fuse_;
};

class FusedInbox : public Inbox {
 public:
  FusedInbox(Lasting& lasting, Fuse& fuse) : lasting_(lasting), fuse_(fuse) {}
  std::vector<Letter> read() override { return lasting_.letters; }
  void remove(const Letter& letter) override {
    fuse_.pass();
    std::erase(lasting_.letters, letter);
    fuse_.pass();
  }

 private:
  Lasting& lasting_;
  Fuse& fuse_;
};

/// The scripted model; remembers the bytes that the OpenAI codec would have sent.
class LoggedModel : public Model {
 public:
  LoggedModel(const RunStarted& start, const State& state, Lasting& lasting, Fuse& fuse)
      : scripted_(make_scripted_model(start.task.model, start.inputs)),
        state_(state),
        lasting_(lasting),
        fuse_(fuse) {}
  ModelResult ask(const ModelRequest& request, const Stop& stop) override {
    fuse_.pass();
    lasting_.requests[state_.step].insert(kOpenAiCodec.encode(request, {"http://host/v1", "key"}).body);
    fuse_.pass();
    return scripted_->ask(request, stop);
  }

 private:
  std::unique_ptr<Model> scripted_;
  const State& state_;
  Lasting& lasting_;
  Fuse& fuse_;
};

/// Every tool takes effect, counted, and says how it was called; but `ask` asks, and `wait` waits for its
/// first argument in ms. Results land in reverse order.
class CountingTools : public Tools {
 public:
  CountingTools(Lasting& lasting, Fuse& fuse, Clock& clock) : lasting_(lasting), fuse_(fuse), clock_(clock) {}
  void run(std::span<const ToolRun> calls, const Stop& stop,
           const std::function<void(Event)>& landed) override {
    for (const ToolRun& call : calls) {
      fuse_.pass();
      ++lasting_.effects[to_string(call.call)];
      fuse_.pass();
    }
    if (stop.reason() != StopReason::None) return;
    for (auto call = calls.rbegin(); call != calls.rend(); ++call) landed(event_of(*call));
  }
  std::vector<ToolSpec> specs(const Stop&) override { return {}; }

 private:
  Event event_of(const ToolRun& call) const {
    const std::string& arguments = call.arguments;
    if (call.tool == "ask") return QuestionAsked{call.call, arguments};
    if (call.tool == "wait")
      return TimerSet{call.call,
                      clock_.now_ms() + std::stoll(arguments.substr(arguments.find_first_of("0123456789")))};
    const bool fails = call.purpose == Purpose::Verify && lasting_.failing.contains(to_string(call.call));
    return ToolFinished{call.call, {fails ? Outcome::Error : Outcome::Ok, call.tool + arguments, ""}, 1};
  }

  Lasting& lasting_;
  Fuse& fuse_;
  Clock& clock_;
};

/// Remembers each request before it is sent, and may die before or after.
class FusedHttp : public HttpTransport {
 public:
  FusedHttp(HttpTransport& http, const State& state, Lasting& lasting, Fuse& fuse)
      : http_(http), state_(state), lasting_(lasting), fuse_(fuse) {}
  std::optional<HttpFailure> send(const HttpRequest& request, HttpSink& sink, const Stop& stop) override {
    fuse_.pass();
    lasting_.requests[state_.step].insert(request.url + " " + request.body);
    const auto failure = http_.send(request, sink, stop);
    fuse_.pass();
    return failure;
  }

 private:
  HttpTransport& http_;
  const State& state_;
  Lasting& lasting_;
  Fuse& fuse_;
};

/// Parts of a process that a test brings itself.
struct Parts {
  HttpTransport* provider = nullptr;  ///< asked for real, instead of the script
  Journal* journal = nullptr;
  Inbox* inbox = nullptr;
  const Stop* stop = nullptr;
  std::function<void(const Record&)> observe = [](const Record&) {};
  Person* person = nullptr;
};

/// A key for every provider.
inline std::optional<std::string> fake_environment(const std::string& name) {
  return name.ends_with("KEY") || name.starts_with("AWS_BEARER") ? std::optional<std::string>("fake-key-1")
         : name == "AWS_REGION"                                  ? std::optional<std::string>("us-east-1")
                                                                 : std::nullopt;
}

/// One process: goes on with what lasts until the run pauses, or the fuse burns. Returns the live state.
inline State live(Lasting& lasting, const RunStarted& start, Fuse& fuse, const Parts& parts = {}) {
  lasting.journal.reopen();
  State state = fold(lasting.journal);
  std::vector<Event> opening;
  if (state.seq == 0) opening.push_back(start);
  opening.push_back(an_invocation());

  FakeClock clock(lasting.now_ms);
  const NeverStop never;
  FusedJournal journal(parts.journal ? *parts.journal : lasting.journal, fuse);
  FusedInbox inbox(lasting, fuse);
  std::unique_ptr<Model> model;
  std::optional<FusedHttp> http;
  Secrets secrets;
  if (parts.provider != nullptr) {
    http.emplace(*parts.provider, state, lasting, fuse);
    model = make_model(start.task.model, start.inputs, {*http, clock, secrets, fake_environment, {}});
  } else {
    model = std::make_unique<LoggedModel>(start, state, lasting, fuse);
  }
  CountingTools tools(lasting, fuse, clock);
  drive({clock,
         parts.stop ? *parts.stop : never,
         journal,
         parts.inbox ? *parts.inbox : inbox,
         *model,
         tools,
         parts.observe,
         {},
         parts.person},
        state, std::move(opening));
  return state;
}

}  // namespace agentd
