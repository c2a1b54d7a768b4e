#include "core/model/http_model.h"

#include "core/model/openai.h"
#include "tests/support/catch.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_stop.h"

namespace agentd {
namespace {

/// Each look at it takes half a second.
class TickingClock : public Clock {
 public:
  std::int64_t now_ms() override { return 0; }
  std::int64_t monotonic_ms() override { return now_ += 500; }
  void sleep_until(std::int64_t, const Stop&) override {}

 private:
  std::int64_t now_ = 0;
};

struct Bench {
  FakeHttp http;
  TickingClock clock;
  ModelSetup setup{.provider = "openai", .name = "gpt-x", .timeout_ms = 7000, .idle_timeout_ms = 3000};
  std::optional<Price> price = Price{"", 1, 0.5, 0, 2};
  std::string key = "sk-secret";
  std::string url_setting;

  ModelResult ask(FakeResponse response, const Stop& stop = NeverStop()) {
    http.responses = {std::move(response)};
    const Secrets secrets({key});
    Provider provider{kOpenAiCodec, {"https://user:pw@host/v1?key=1", key}, "MY_KEY", price, secrets};
    provider.url_setting = url_setting;
    return HttpModel(std::move(provider), http, clock).ask({setup, "run", "", {}, {}}, stop);
  }
  ModelFailed fail(FakeResponse response) { return std::get<ModelFailed>(ask(std::move(response))); }
};

std::string reply(const std::string& finish_reason, const std::string& usage) {
  return R"({"choices":[{"message":{"content":"Hi."},"finish_reason":")" + finish_reason + R"("}],"usage":)" +
         usage + "}";
}
constexpr char kUsage[] =
    R"({"prompt_tokens":1000,"completion_tokens":100,"prompt_tokens_details":{"cached_tokens":600}})";

}  // namespace

TEST_CASE("a reply has its duration, its cost and the names of provider and model") {
  Bench bench;
  CHECK(std::get<ModelReplied>(bench.ask({.body = reply("stop", kUsage)})) ==
        ModelReplied{.text = "Hi.",
                     .usage = {.input = 400, .cache_read = 600, .output = 100},
                     .cost_usd = (400 + 600 * 0.5 + 100 * 2) / 1e6,
                     .provider = "openai",
                     .model = "gpt-x",
                     .duration_ms = 500});
}

TEST_CASE("timeouts are those of the setup, and nothing is tried twice") {
  Bench bench;
  bench.ask({.status = 500});
  REQUIRE(bench.http.requests.size() == 1);
  CHECK(bench.http.requests[0].timeout_ms == 7000);
  CHECK(bench.http.requests[0].idle_timeout_ms == 3000);
}

TEST_CASE("a cost is none, not zero, where the price or the usage is unknown") {
  Bench bench;
  CHECK_FALSE(std::get<ModelReplied>(bench.ask({.body = reply("stop", "null")})).cost_usd);
  bench.price = Price{};
  CHECK(std::get<ModelReplied>(bench.ask({.body = reply("stop", "null")})).cost_usd == 0.0);
  bench.price.reset();
  CHECK_FALSE(std::get<ModelReplied>(bench.ask({.body = reply("stop", kUsage)})).cost_usd);
}

TEST_CASE("a failure costs what it is known to have used") {
  Bench bench;
  CHECK(bench.fail({.body = reply("length", kUsage)}).cost_usd == (400 + 600 * 0.5 + 100 * 2) / 1e6);
  CHECK(bench.fail({.status = 500}).cost_usd == 0.0);
  bench.price.reset();
  CHECK_FALSE(bench.fail({.body = reply("length", kUsage)}).cost_usd);
  CHECK(bench.fail({.status = 500}).cost_usd == 0.0);
}

TEST_CASE("a reply that broke off before its usage came counts as about what was sent") {
  Bench bench;
  const HttpFailure broken{HttpFailure::Kind::Broken, "the connection broke"};
  const ModelFailed failed = bench.fail({.body = "data: {\"choices\"", .failure = broken});
  const auto sent = static_cast<std::int64_t>(bench.http.requests.at(0).body.size() / 4);
  CHECK(failed.usage == Usage{.input = sent});
  CHECK(failed.cost_usd == static_cast<double>(sent) / 1e6);
}

TEST_CASE("a refusal that repeats the key where its message is cut shows no part of it") {
  Bench bench;
  const std::string body = R"({"error":{"message":")" + std::string(490, 'x') + "sk-secret\"}}";
  CHECK(bench.fail({.status = 400, .body = body}).message.find("sk-") == std::string::npos);
}

TEST_CASE("a failure names the setting to look at and never the key") {
  Bench bench;
  const std::string body = R"({"error":{"message":"bad key sk-secret"}})";
  CHECK(bench.fail({.status = 401, .body = body}).message ==
        "openai answered 401: bad key [secret] (the key is the one in MY_KEY)");
  CHECK(bench.fail({.status = 404}).message == "openai answered 404 (model.name gpt-x at https://host/v1)");
  bench.key.clear();
  CHECK(bench.fail({.status = 401}).message == "openai answered 401 (no key was sent; set MY_KEY)");
}

TEST_CASE("a server that a setting names is asked for by the name of that setting") {
  Bench bench;
  const HttpFailure refused{HttpFailure::Kind::Connect, "refused"};
  CHECK(bench.fail({.failure = refused}).message == "openai: refused");
  bench.url_setting = "OPENAI_BASE_URL";
  CHECK(bench.fail({.failure = refused}).message == "openai: refused (is OPENAI_BASE_URL right?)");
  CHECK(bench.fail({.status = 404}).message ==
        "openai answered 404 (model.name gpt-x at https://host/v1, set by OPENAI_BASE_URL)");
}

TEST_CASE("a failure on the wire is a failed attempt, an interruption is not") {
  Bench bench;
  const HttpFailure broken{HttpFailure::Kind::Broken, "the connection broke"};
  CHECK(bench.fail({.status = 0, .failure = broken}) ==
        ModelFailed{.reason = "network", .message = "openai: the connection broke", .retryable = true});
  FakeStop stop;
  stop.signal();
  CHECK(std::holds_alternative<Interrupted>(bench.ask({}, stop)));
}

}  // namespace agentd
