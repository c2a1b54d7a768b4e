// The run with each provider's real codec against a server that insists on its rules: killed at any instant,
// and through a long run that must live off the prompt cache.

#include "tests/support/catch.h"
#include "tests/support/fake_provider.h"
#include "tests/support/fake_world.h"

using namespace agentd;

namespace {

/// What each provider's server thinks with.
std::string model_of(const std::string& provider) {
  if (provider == "anthropic") return "claude-sonnet-4-5";
  if (provider == "bedrock") return "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
  if (provider == "gemini") return "gemini-3-pro-preview";
  return "gpt-5";
}

RunStarted a_task(const std::string& provider) {
  RunStarted start = a_start();
  start.task.model = {.provider = provider, .name = model_of(provider), .reasoning = "low"};
  start.task.limits = {.steps = std::nullopt, .stuck_after = 1000};
  return start;
}

FakeTurn short_story(std::size_t replies) {
  if (replies == 0) return {"Two.", {{"", "look", R"({"at":"a"})"}, {"", "put", R"({"at":"b"})"}}};
  if (replies == 1) return {"", {{"", "fire", R"({"at":"ä\\n"})"}}};
  return {"Done.", {}};
}

struct Life {
  explicit Life(const std::string& provider, std::function<FakeTurn(std::size_t)> play = short_story)
      : server(provider, std::move(play)) {
    lasting.letters = {{"l1", Letter::Kind::Say, "hurry"}};
  }
  State live_on(const RunStarted& start, Fuse& fuse) {
    lasting.now_ms += 60'000;
    return live(lasting, start, fuse, {.provider = &server});
  }
  FakeProvider server;
  Lasting lasting;
};

}  // namespace

TEST_CASE("with every provider, a run killed at any instant sends requests that it takes, the same bytes",
          "[sweep]") {
  for (const std::string& provider : fake_providers()) {
    INFO(provider);
    const RunStarted start = a_task(provider);
    Life undisturbed(provider);
    Fuse none;
    const State expected = undisturbed.live_on(start, none);
    CHECK(undisturbed.server.complaints == std::vector<std::string>{});
    REQUIRE(expected.ending);
    REQUIRE(std::get<Completed>(*expected.ending).result == "Done.");
    for (int death = 1; death <= none.passed(); ++death) {
      INFO("died at " << death);
      Life life(provider);
      Fuse fuse(death);
      try {
        life.live_on(start, fuse);
      } catch (const Crash&) {
      }
      Fuse rest;
      State state = fold(life.lasting.journal);
      if (!state.ending) state = life.live_on(start, rest);
      CHECK(state.ending == expected.ending);
      CHECK(life.server.complaints == std::vector<std::string>{});
      bool unknown = false;
      for (const Message& message : state.transcript) unknown = unknown || message.is_error;
      if (!unknown) CHECK(life.lasting.requests == undisturbed.lasting.requests);
    }
  }
}

TEST_CASE("a run of a hundred steps reads at least 95 % of its input from the prompt cache, kills and all",
          "[sweep]") {
  const auto play = [](std::size_t replies) -> FakeTurn {
    if (replies == 100) return {"Done.", {}};
    // Now and then more calls than a cache mark looks back over.
    std::vector<ToolCall> calls(replies % 25 == 24 ? 30 : 1,
                                {"", "look", R"({"at":")" + std::string(100, 'x') + "\"}"});
    return {"Step " + std::to_string(replies) + ".", std::move(calls)};
  };
  for (const std::string& provider : fake_providers()) {
    INFO(provider);
    RunStarted start = a_task(provider);
    start.system = std::string(4000, 's');
    Life life(provider, play);
    std::optional<Ending> ending;
    for (int death = 150; !ending && death < 10'000; death += 7) {
      Fuse fuse(death);
      try {
        ending = life.live_on(start, fuse).ending;
      } catch (const Crash&) {
      }
    }
    REQUIRE(ending);
    CHECK(life.server.complaints == std::vector<std::string>{});
    const Usage& usage = life.server.usage;
    const auto share = static_cast<double>(usage.cache_read) /
                       static_cast<double>(usage.input + usage.cache_read + usage.cache_write);
    CHECK(share >= 0.95);
    const State state = fold(life.lasting.journal);
    CHECK(state.step == 101);
    CHECK(state.usage.cache_read > 0);
  }
}

TEST_CASE("a run that changes providers drops what is foreign, and each takes what it is sent", "[sweep]") {
  for (const std::string& first : fake_providers())
    for (const std::string& second : fake_providers()) {
      if (first == second) continue;
      INFO(first << " then " << second);
      Life life(first);
      Fuse fuse;
      const State state = life.live_on(a_task(first), fuse);
      FakeProvider other(second, short_story);
      other.foreign_replies = 2;
      const ModelSetup setup{.provider = second, .name = model_of(second), .reasoning = "low"};
      FakeClock clock;
      Secrets secrets;
      const auto model = make_model(setup, {}, {other, clock, secrets, fake_environment, {}});
      // All but the answer: the middle of the tool turn.
      const auto messages = std::span(state.transcript).first(state.transcript.size() - 1);
      const ModelResult result = model->ask({setup, "run", state.system, state.tools, messages}, NeverStop());
      CHECK(other.complaints == std::vector<std::string>{});
      CHECK(std::holds_alternative<ModelReplied>(result));
    }
}
