#include <map>

#include "core/error.h"
#include "core/model/models.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_stop.h"

namespace agentd {
namespace {

using Texts = std::map<std::string, std::string>;

const std::string kReply =
    R"({"output":{"message":{"role":"assistant","content":[{"text":"Hi."}]}},"stopReason":"end_turn",)"
    R"("usage":{"inputTokens":1,"outputTokens":1}})";
const std::string kKeys = R"({"AccessKeyId":"ASIA1","SecretAccessKey":"secret-2","Token":"token-2"})";
const Texts kOwnKeys = {
    {"AWS_ACCESS_KEY_ID", "AKIA1"}, {"AWS_SECRET_ACCESS_KEY", "secret-1"}, {"AWS_REGION", "eu-west-1"}};
const Texts kContainer = {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"}, {"AWS_REGION", "eu-west-1"}};

struct Bench {
  Texts variables;
  Texts files = {};
  ModelSetup setup = {.provider = "bedrock", .name = "amazon.nova-pro-v1:0"};
  FakeHttp http = {};
  FakeClock clock{1'700'000'000'000};
  Secrets secrets = {};

  static std::optional<std::string> at(const Texts& texts, const std::string& name) {
    const auto found = texts.find(name);
    return found == texts.end() ? std::nullopt : std::optional(found->second);
  }
  Environment environment() {
    return [this](const std::string& name) { return at(variables, name); };
  }
  ReadFile read_file() {
    return [this](const std::string& path) { return at(files, path); };
  }
  std::unique_ptr<Model> model() {
    return make_model(setup, {}, {http, clock, secrets, environment(), {}, read_file()});
  }
  /// The text of one call, or what went wrong.
  std::string ask(const Stop& stop = NeverStop()) {
    try {
      const ModelResult result = model()->ask({setup, "run", "", {}, {}}, stop);
      if (const auto* replied = std::get_if<ModelReplied>(&result)) return replied->text;
      if (std::holds_alternative<Interrupted>(result)) return "interrupted";
      return std::get<ModelFailed>(result).message;
    } catch (const Error& error) {
      CHECK(error.exit() == Exit::Usage);
      CHECK(http.requests.empty());
      return error.what();
    }
  }
  std::string header(const char* name) const {
    const std::string* value = find_header(http.requests.back().headers, name);
    return value == nullptr ? "none" : *value;
  }
};

}  // namespace

TEST_CASE("a request to bedrock is signed with the keys of the environment") {
  Bench bench{kOwnKeys};
  bench.http.responses = {{.body = kReply}};
  CHECK(bench.ask() == "Hi.");
  CHECK(bench.http.requests[0].url ==
        "https://bedrock-runtime.eu-west-1.amazonaws.com/model/amazon.nova-pro-v1%3A0/converse-stream");
  CHECK_THAT(bench.header("authorization"),
             ContainsSubstring("AWS4-HMAC-SHA256 Credential=AKIA1/20231114/eu-west-1/bedrock/aws4_request, "
                               "SignedHeaders=content-type;host;x-amz-date, Signature="));
  CHECK(bench.header("x-amz-date") == "20231114T221320Z");
  CHECK(bench.header("x-amz-security-token") == "none");
}

TEST_CASE("an API key for bedrock wins over a signature and needs no credentials") {
  Bench bench{kOwnKeys};
  bench.variables["AWS_BEARER_TOKEN_BEDROCK"] = "bedrock-key";
  bench.http.responses = {{.body = kReply}, {.body = kReply}, {.status = 403}};
  CHECK(bench.ask() == "Hi.");
  CHECK(bench.header("authorization") == "Bearer bedrock-key");
  bench.variables = {{"MY_KEY", "other-key"}, {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:9/"}};
  bench.setup.api_key_env = "MY_KEY";
  CHECK(bench.ask() == "Hi.");
  CHECK(bench.header("authorization") == "Bearer other-key");
  CHECK(bench.http.requests.back().url.starts_with("http://127.0.0.1:9/model/"));
  CHECK(bench.ask() == "bedrock answered 403 (the key is the one in MY_KEY)");
  bench.variables.erase("MY_KEY");
  bench.http.requests.clear();
  CHECK_THAT(bench.ask(), ContainsSubstring("no key for bedrock: set the variable MY_KEY"));
}

TEST_CASE("a task may name another server, and requests to it are signed all the same") {
  Bench bench{kOwnKeys};
  bench.setup.base_url = "http://127.0.0.1:8080/x/";
  bench.variables["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = "http://elsewhere";
  bench.http.responses = {{.body = kReply}};
  CHECK(bench.ask() == "Hi.");
  CHECK(bench.http.requests[0].url.starts_with("http://127.0.0.1:8080/x/model/"));
  CHECK_THAT(bench.header("authorization"), ContainsSubstring("/eu-west-1/bedrock/"));
}

TEST_CASE("without a region or credentials nothing is sent") {
  Bench bench{{{"AWS_REGION", "eu-west-1"}}};
  CHECK_THAT(bench.ask(), ContainsSubstring("no AWS credentials: set AWS_BEARER_TOKEN_BEDROCK"));
  bench.variables = {{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}};
  CHECK_THAT(bench.ask(), ContainsSubstring("no AWS region: set AWS_REGION"));
  bench.variables = {{"AWS_BEARER_TOKEN_BEDROCK", "key"}};
  CHECK_THAT(bench.ask(), ContainsSubstring("no AWS region: set AWS_REGION"));
}

TEST_CASE("keys and region may come from a profile") {
  Bench bench{{{"HOME", "/h"}, {"AWS_PROFILE", "work"}},
              {{"/h/.aws/credentials", "[work]\naws_access_key_id=AKIA9\naws_secret_access_key=secret-9\n"},
               {"/h/.aws/config", "[profile work]\nregion=cn-north-1\n"}}};
  bench.http.responses = {{.status = 403, .body = R"({"message":"no secret-9"})"}};
  CHECK(bench.ask() ==
        "bedrock answered 403: no [secret] (signed with the AWS profile work; they must be allowed to invoke "
        "this model in cn-north-1)");
  CHECK(bench.http.requests[0].url.starts_with("https://bedrock-runtime.cn-north-1.amazonaws.com.cn/model/"));
  CHECK(model_secrets(bench.setup, bench.environment(), bench.read_file()) ==
        std::vector<std::string>{"secret-9"});
  CHECK(model_secrets(bench.setup, bench.environment()).empty());
  ModelSetup other{.provider = "openai", .name = "m"};
  CHECK(model_secrets(other, bench.environment(), bench.read_file()).empty());
  other.fallbacks = {bench.setup};
  CHECK(model_secrets(other, bench.environment(), bench.read_file()) == std::vector<std::string>{"secret-9"});
}

TEST_CASE("the tokens that keys are asked for with are secrets, from the start and in what refuses them") {
  const std::string token = "eyJ0b2tlbiI6" + std::string(300, 'x') + "end";
  for (const std::string variable :
       {"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"}) {
    Bench bench{{{variable, "/token"},
                 {"AWS_ROLE_ARN", "arn:aws:iam::1:role/a"},
                 {"AWS_REGION", "eu-west-1"},
                 {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"}},
                {{"/token", token + "\n"}}};
    CHECK(model_secrets(bench.setup, bench.environment(), bench.read_file()) ==
          std::vector<std::string>{token});
    // A newer one takes its place in the file while the run goes on.
    const auto model = bench.model();
    bench.files["/token"] = "new-" + token;
    bench.http.responses = {{.status = 400, .body = R"({"message":"Bad: new-)" + token + R"("})"}};
    const ModelResult result = model->ask({bench.setup, "run", "", {}, {}}, NeverStop());
    CHECK(std::get<ModelFailed>(result).message == "AWS credentials were refused with 400: Bad: [secret]");
  }
}

TEST_CASE("temporary keys are fetched at the first call, kept for the next, and never told") {
  Bench bench{kContainer};
  const auto model = bench.model();
  CHECK(bench.http.requests.empty());
  bench.http.responses = {{.body = kKeys},
                          {.body = kReply},
                          {.status = 400, .body = R"({"message":"you sent token-2 and secret-2"})"}};
  const auto ask = [&] { return model->ask({bench.setup, "run", "", {}, {}}, NeverStop()); };
  CHECK(std::get<ModelReplied>(ask()).text == "Hi.");
  CHECK(bench.header("x-amz-security-token") == "token-2");
  CHECK(bench.http.requests.size() == 2);
  CHECK_THAT(std::get<ModelFailed>(ask()).message,
             ContainsSubstring("bedrock answered 400: you sent [secret] and [secret]"));
  CHECK(bench.http.requests.size() == 3);
}

TEST_CASE("keys that cannot be fetched end the attempt, and nothing is sent unsigned") {
  Bench bench{kContainer};
  bench.http.responses = {{.status = 500, .body = "down"}};
  CHECK(bench.ask() == "AWS credentials were refused with 500: down");
  CHECK(bench.http.requests.size() == 1);
  FakeStop stop;
  stop.signal();
  CHECK(bench.ask(stop) == "interrupted");
}

TEST_CASE("what a provider wrote is not kept as its own where it holds a secret") {
  Bench bench{kOwnKeys};
  bench.setup.stream = false;
  const auto answer = [&](const std::string& thought) {
    bench.http.responses = {
        {.body = R"({"output":{"message":{"content":[{"reasoningContent":{"reasoningText":{"text":")" +
                 thought + R"(","signature":"s"}}},{"text":"It is secret-1."}]}},"stopReason":"end_turn"})"}};
    return std::get<ModelReplied>(bench.model()->ask({bench.setup, "run", "", {}, {}}, NeverStop()));
  };
  CHECK(answer("secret-1?").text == "It is [secret].");
  CHECK(answer("secret-1?").provider_content.empty());
}

}  // namespace agentd
