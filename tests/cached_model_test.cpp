#include "core/model/cached_model.h"

#include "core/model/models.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_stop.h"

using namespace agentd;

namespace {

class MapCache : public ReplyCache {
 public:
  std::optional<std::string> find(const std::string& key, std::int64_t now_ms) override {
    const auto found = kept.find(key);
    if (found == kept.end() || found->second.second <= now_ms) return std::nullopt;
    return found->second.first;
  }
  void keep(const std::string& key, const std::string& value, std::int64_t expires_at_ms) override {
    kept[key] = {value, expires_at_ms};
  }
  std::map<std::string, std::pair<std::string, std::int64_t>> kept;
};

struct Bench {
  MapCache cache;
  FakeHttp http;
  FakeClock clock{1'000'000};
  ModelSetup setup{.provider = "openai", .name = "gpt-4o", .cache = {.ttl_ms = 60'000}};
  std::string key = "key-one";

  ModelResult ask(const std::string& goal, std::string_view run = "run-1") {
    http.responses = {{.body = R"({"choices":[{"message":{"content":"Hi."},"finish_reason":"stop"}],
                                   "usage":{"prompt_tokens":10,"completion_tokens":2}})"}};
    const Environment environment = [this](const std::string& name) {
      return name == "OPENAI_API_KEY" ? std::optional(key) : std::nullopt;
    };
    Secrets secrets;
    ModelWorld world{http, clock, secrets, environment, {}};
    world.replies = &cache;
    const std::vector<Message> messages{{.role = Role::User, .text = goal}};
    return make_model(setup, {}, world)->ask({setup, run, "", {}, messages}, NeverStop());
  }
  ModelReplied reply(const std::string& goal, std::string_view run = "run-1") {
    return std::get<ModelReplied>(ask(goal, run));
  }
};

}  // namespace

TEST_CASE("a request that was sent before is answered from the cache, at no cost, in any run") {
  Bench bench;
  const ModelReplied first = bench.reply("Count.");
  CHECK_FALSE(first.cached);
  ModelReplied second = bench.reply("Count.", "run-2");
  CHECK(second ==
        ModelReplied{.text = "Hi.", .cost_usd = 0, .provider = "openai", .model = "gpt-4o", .cached = true});
  CHECK(bench.http.requests.size() == 1);
}

TEST_CASE("whatever else is sent makes it another request") {
  Bench bench;
  bench.reply("Count.");
  bench.reply("Count again.");
  bench.setup.temperature = 0.5;
  bench.reply("Count.");
  bench.setup.base_url = "http://other/v1";
  bench.reply("Count.");
  bench.setup.base_url.clear();
  bench.key = "key-two";
  bench.reply("Count.");
  CHECK(bench.http.requests.size() == 5);
}

TEST_CASE("a reply is good for as long as the task says") {
  Bench bench;
  bench.reply("Count.");
  bench.clock = FakeClock(1'059'000);
  CHECK(bench.reply("Count.").cached);
  bench.clock = FakeClock(1'061'000);
  CHECK_FALSE(bench.reply("Count.").cached);
}

TEST_CASE("what is damaged in the cache is asked for again, and without a ttl nothing is kept") {
  Bench bench;
  bench.reply("Count.");
  bench.cache.kept.begin()->second.first = "{}";
  CHECK_FALSE(bench.reply("Count.").cached);
  bench.cache.kept.clear();
  bench.setup.cache = {};
  bench.reply("Count.");
  CHECK(bench.cache.kept.empty());
}
