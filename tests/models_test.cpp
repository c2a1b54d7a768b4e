#include "core/model/models.h"

#include <array>
#include <cmath>
#include <map>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_stop.h"

namespace agentd {
namespace {

class NoClock : public Clock {
 public:
  std::int64_t now_ms() override { return 0; }
  std::int64_t monotonic_ms() override { return 0; }
  void sleep_until(std::int64_t, const Stop&) override {}
};

using Variables = std::map<std::string, std::string>;

Environment environment(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return {};
    return found->second;
  };
}

constexpr char kReply[] = R"({"choices":[{"message":{"content":"Hi."},"finish_reason":"stop"}],
                              "usage":{"prompt_tokens":1000000,"completion_tokens":1000000}})";

/// One call of the model that `setup` names: "URL, Authorization, cost", or the error.
std::string call(const ModelSetup& setup, const Variables& variables, std::vector<Price> prices = {}) {
  FakeHttp http;
  http.responses = {{.body = kReply}};
  NoClock clock;
  Secrets secrets;
  try {
    const auto model =
        make_model(setup, {}, {http, clock, secrets, environment(variables), std::move(prices)});
    const ModelResult result = model->ask({setup, "run", "", {}, {}}, NeverStop());
    const std::string* key = find_header(http.requests.at(0).headers, "authorization");
    const auto cost = std::get<ModelReplied>(result).cost_usd;
    return http.requests.at(0).url + ", " + (key == nullptr ? "no key" : *key) + ", " +
           (cost ? std::to_string(*cost) : "unknown");
  } catch (const Error& error) {
    CHECK(error.exit() == Exit::Usage);
    return error.what();
  }
}

ModelSetup openai() {
  return {.provider = "openai", .name = "gpt-4o"};
}
ModelSetup openai_at(std::string url) {
  return {.provider = "openai", .name = "gpt-4o", .base_url = std::move(url)};
}

std::string price_of(const std::string& provider, const std::string& model) {
  const auto price = find_price({}, provider, model);
  return price ? price->pattern : "unknown";
}

}  // namespace

TEST_CASE("the base URL comes from the task, then the environment, then the provider") {
  const std::string rest = "/chat/completions, Bearer k1, ";
  CHECK(call(openai(), {{"OPENAI_API_KEY", "k1"}}) == "https://api.openai.com/v1" + rest + "12.500000");
  CHECK(call(openai(), {{"OPENAI_API_KEY", "k1"}, {"OPENAI_BASE_URL", "http://gate/v1/"}}) ==
        "http://gate/v1" + rest + "unknown");
  CHECK(
      call(openai_at("http://task/v1"), {{"OPENAI_API_KEY", "k1"}, {"OPENAI_BASE_URL", "http://gate/v1"}}) ==
      "http://task/v1" + rest + "unknown");
  CHECK(call(openai_at("https://api.openai.com/v1/"), {{"OPENAI_API_KEY", "k1"}}) ==
        "https://api.openai.com/v1" + rest + "12.500000");
}

TEST_CASE("variables of the base URL are expanded at use") {
  const Variables variables = {{"OPENAI_API_KEY", "k1"}, {"HOST", "h:1"}, {"WAY", "a/b\n"}};
  CHECK(call(openai_at("http://${HOST}/${WAY}/${HOST}"), variables) ==
        "http://h:1/a/b/h:1/chat/completions, Bearer k1, unknown");
  CHECK(call(openai_at("http://${NOPE}/v1"), variables) == "model.base_url: the variable NOPE is not set");
  CHECK(call(openai_at("h:1/v1"), variables) ==
        "model.base_url must begin with http:// or https:// (from the task or OPENAI_BASE_URL)");
}

TEST_CASE("the key comes from the variable that the task names, then the provider's") {
  ModelSetup setup = openai();
  setup.api_key_env = "MY_KEY";
  CHECK(call(setup, {{"OPENAI_API_KEY", "k1"}, {"MY_KEY", "k2\n"}}) ==
        "https://api.openai.com/v1/chat/completions, Bearer k2, 12.500000");
  CHECK(call(setup, {{"OPENAI_API_KEY", "k1"}}) ==
        "no key for openai: set the variable MY_KEY, or name another one in model.api_key_env");
  CHECK(call(openai(), {{"OPENAI_API_KEY", ""}}) ==
        "no key for openai: set the variable OPENAI_API_KEY, or name another one in model.api_key_env");
  CHECK(call({.provider = "gemini", .name = "x"}, {{"OPENAI_API_KEY", "k1"}}) ==
        "no key for gemini: set the variable GEMINI_API_KEY, or name another one in model.api_key_env");
}

TEST_CASE("a key that would write headers of its own is refused") {
  CHECK(call(openai(), {{"OPENAI_API_KEY", "sk-a\nX-Evil: 1"}}) ==
        "the key in OPENAI_API_KEY has a line break or another control character: set it anew");
}

TEST_CASE("a server of one's own needs no key, unless the task names one") {
  ModelSetup setup = openai_at("http://127.0.0.1:8080/v1");
  CHECK(call(setup, {}) == "http://127.0.0.1:8080/v1/chat/completions, no key, unknown");
  setup.api_key_env = "MY_KEY";
  CHECK_THAT(call(setup, {}), ContainsSubstring("set the variable MY_KEY"));
}

TEST_CASE("a user's own prices come before the built-in ones and hold everywhere") {
  const std::vector<Price> own = {{"openai/gpt-4*", 1, 0, 0, 1}, {"openai/*", 5, 0, 0, 5}};
  CHECK(call(openai(), {{"OPENAI_API_KEY", "k"}}, own) ==
        "https://api.openai.com/v1/chat/completions, Bearer k, 2.000000");
  CHECK(call(openai_at("http://h/v1"), {}, own) == "http://h/v1/chat/completions, no key, 2.000000");
}

TEST_CASE("a provider that cannot be had is refused with what to write instead") {
  CHECK(call({.provider = "anthropic", .name = "x"}, {}) ==
        "no key for anthropic: set the variable ANTHROPIC_API_KEY, or name another one in "
        "model.api_key_env");
  CHECK(call({.provider = "opnai", .name = "x"}, {}) ==
        "model.provider: there is no provider 'opnai'; did you mean openai?");
  CHECK(call({.provider = "xyz", .name = "x"}, {}) ==
        "model.provider: there is no provider 'xyz'; known are anthropic, bedrock, gemini, openai, "
        "openai-responses, scripted");
  CHECK(call({.provider = "openai"}, {{"OPENAI_API_KEY", "k"}}) ==
        "model.name is missing: which model of openai?");
}

TEST_CASE("a server that cannot be reached is asked for by the setting that named it") {
  const auto complaint = [](const ModelSetup& setup, const Variables& variables) {
    FakeHttp http;
    http.responses = {{.failure = HttpFailure{HttpFailure::Kind::Connect, "refused"}}};
    NoClock clock;
    Secrets secrets;
    const auto model = make_model(setup, {}, {http, clock, secrets, environment(variables), {}});
    return std::get<ModelFailed>(model->ask({setup, "run", "", {}, {}}, NeverStop())).message;
  };
  CHECK(complaint(openai_at("http://h/v1"), {}) == "openai: refused (is model.base_url right?)");
  CHECK(complaint(openai(), {{"OPENAI_BASE_URL", "http://h/v1"}}) ==
        "openai: refused (is OPENAI_BASE_URL right?)");
  CHECK(complaint(openai(), {{"OPENAI_API_KEY", "k"}}) == "openai: refused");
}

TEST_CASE("a fallback is a model of its own: server, key and price") {
  ModelSetup setup = openai();
  setup.fallbacks = {openai_at("http://h/v1"), {.provider = "scripted", .script = R"([{"answer":"done"}])"}};
  FakeHttp http;
  http.responses = {{.status = 500}, {.status = 500}};
  NoClock clock;
  Secrets secrets;
  const ModelWorld world{http, clock, secrets, environment({{"OPENAI_API_KEY", "k"}}), {}};
  const auto model = make_model(setup, {}, world);
  const auto ask = [&](std::int64_t fallback) {
    return model->ask(
        {.setup = fallback == 0 ? setup : setup.fallbacks.at(static_cast<std::size_t>(fallback) - 1),
         .run = "run",
         .system = "",
         .tools = {},
         .messages = {},
         .fallback = fallback},
        NeverStop());
  };
  CHECK(std::holds_alternative<ModelFailed>(ask(0)));
  CHECK(std::holds_alternative<ModelFailed>(ask(1)));
  CHECK(std::get<ModelReplied>(ask(2)).text == "done");
  CHECK(http.requests.at(0).url == "https://api.openai.com/v1/chat/completions");
  CHECK(http.requests.at(1).url == "http://h/v1/chat/completions");
  const auto prices = prices_of(setup, world);
  CHECK((prices.at(0) && !prices.at(1) && prices.at(2)));
  setup.fallbacks = {{.provider = "openai", .name = "x", .api_key_env = "NOPE"}};
  CHECK_THROWS_WITH(make_model(setup, {}, world), ContainsSubstring("set the variable NOPE"));
}

TEST_CASE("a scripted model needs neither key nor server and costs nothing") {
  const ModelSetup setup{.provider = "scripted", .script = R"([{"answer":"done"}])"};
  FakeHttp http;
  NoClock clock;
  Secrets secrets;
  const auto model = make_model(setup, {}, {http, clock, secrets, environment({}), {}});
  CHECK(std::get<ModelReplied>(model->ask({setup, "run", "", {}, {}}, NeverStop())).cost_usd == 0.0);
  CHECK(http.requests.empty());
}

TEST_CASE("secrets are the keys of every provider, the task's own, and what its base URL was filled with") {
  ModelSetup setup = openai_at("http://u:${TOKEN}@h/v1");
  const Environment env =
      environment({{"OPENAI_API_KEY", "key-1"}, {"TOKEN", "token-1"}, {"MY_KEY", "key-2 "}});
  CHECK(model_secrets(setup, env) == std::vector<std::string>{"key-1", "token-1"});
  setup.api_key_env = "MY_KEY";
  CHECK(model_secrets(setup, env) == std::vector<std::string>{"key-1", "key-2", "token-1"});
  CHECK(model_secrets({.provider = "scripted"}, env) == std::vector<std::string>{"key-1"});
  CHECK(model_secrets(openai(), environment({})).empty());
}

TEST_CASE("a password in the URL of a server or a proxy is a secret") {
  const Environment env = environment({{"OPENAI_BASE_URL", "https://u:pass-1@h/v1@2"},
                                       {"HTTPS_PROXY", "me:pass-2@proxy:3128"},
                                       {"http_proxy", "http://token-3@proxy"},
                                       {"ALL_PROXY", "http://proxy:1/?a=b@c"},
                                       {"USER_NAME", "someone"}});
  const ModelSetup setup = openai_at("http://${USER_NAME}:pass-4@h");
  CHECK(model_secrets(setup, env) ==
        std::vector<std::string>{"pass-1", "pass-2", "pass-4", "someone", "token-3"});
}

TEST_CASE("the built-in table knows a model by its name, with or without the date of a snapshot") {
  const std::vector<std::array<std::string, 3>> cases = {
      {"openai", "gpt-4o", "openai/gpt-4o"},
      {"openai", "gpt-4o-2024-11-20", "openai/gpt-4o"},
      {"openai", "gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini"},
      {"openai", "gpt-4o-audio-preview", "unknown"},
      {"openai", "gpt-5-2025-08-07", "openai/gpt-5"},
      {"openai", "gpt-99", "unknown"},
      {"bedrock", "gpt-4o", "unknown"},
      {"scripted", "", "scripted/*"}};
  for (const auto& [provider, model, pattern] : cases) CHECK(price_of(provider, model) == pattern);
}

TEST_CASE("a star in a pattern is any text") {
  const auto is_match = [](const std::string& pattern, const std::string& model) {
    return find_price(std::vector<Price>{{pattern, 1, 1, 1, 1}}, "p", model, BuiltInPrices::Skip).has_value();
  };
  CHECK(is_match("p/m", "m"));
  CHECK(is_match("*", "m"));
  CHECK(is_match("p/*-mini*", "x-min-mini-2"));
  CHECK(is_match("p/m*", "m"));
  CHECK_FALSE(is_match("p/m", "mm"));
  CHECK_FALSE(is_match("p/*a", "ab"));
  CHECK_FALSE(is_match("", "m"));
  CHECK_FALSE(is_match("p/" + std::string(100, '*') + "b", std::string(1000, 'a')));
}

TEST_CASE("the cost counts each kind of token at its own rate") {
  const Usage usage{.input = 1, .cache_read = 2, .cache_write = 3, .output = 4};
  CHECK(std::llround(1e6 * cost_usd({"", 1, 10, 100, 1000}, usage)) == 4321);
}

}  // namespace agentd
