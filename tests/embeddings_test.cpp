#include "core/model/embeddings.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_stop.h"

using namespace agentd;
using Json = nlohmann::json;

namespace {

using As = TextToEmbed::As;
using Vectors = std::vector<std::vector<float>>;

struct Bench {
  FakeHttp http;
  FakeClock clock{1'800'000'000'000};
  Secrets secrets;
  FakeStop stop;
  std::map<std::string, std::string> variables = {{"OPENAI_API_KEY", "key-of-openai"},
                                                  {"GEMINI_API_KEY", "key-of-gemini"},
                                                  {"AWS_BEARER_TOKEN_BEDROCK", "key-of-bedrock"},
                                                  {"AWS_REGION", "eu-west-1"}};

  std::unique_ptr<Embedder> embedder(const EmbeddingSetup& setup) {
    const auto environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    return make_embedder(setup, {http, clock, secrets, environment, {}});
  }
  Vectors embed(const EmbeddingSetup& setup, const std::vector<TextToEmbed>& texts) {
    return embedder(setup)->embed(texts, stop);
  }
  Json body(std::size_t request = 0) { return Json::parse(http.requests.at(request).body); }
  std::string header(const std::string& name) {
    const std::string* found = find_header(http.requests.front().headers, name);
    return found == nullptr ? "" : *found;
  }
};

const std::vector<TextToEmbed> kTexts{{"where?", As::Query}, {"there", As::Note}};

}  // namespace

TEST_CASE("OpenAI's embeddings are asked for, and put in the order of the texts", "[embeddings]") {
  Bench bench;
  bench.http.responses = {
      {.status = 200,
       .body = R"({"data":[{"index":1,"embedding":[0.5,1]},{"index":0,"embedding":[-1,2e-3]}],"usage":{}})"}};
  const EmbeddingSetup setup{.provider = "openai", .name = "text-embedding-3-small", .dimensions = 2};
  bench.http.responses.push_back(bench.http.responses.front());
  CHECK(bench.embed(setup, {{"a"}, {"b"}}) == Vectors{{-1, 2e-3F}, {0.5, 1}});
  CHECK(bench.http.requests[0].url == "https://api.openai.com/v1/embeddings");
  CHECK(bench.header("authorization") == "Bearer key-of-openai");
  CHECK(bench.body() == Json::parse(R"({"model":"text-embedding-3-small","input":["a","b"],
      "encoding_format":"float","dimensions":2})"));
  CHECK(bench.embedder(setup)->space() == "openai text-embedding-3-small 2");
}

TEST_CASE("What vectors cost is told once, by the tokens that the server counts or else by the texts' length",
          "[embeddings]") {
  struct Row {
    EmbeddingSetup setup;
    FakeResponse response;
    std::optional<double> cost_usd;
  };
  const EmbeddingSetup openai{.provider = "openai", .name = "text-embedding-3-small"};
  const std::string one = R"("data":[{"index":0,"embedding":[1]}])";
  const std::vector<Row> table{
      {openai, {.status = 200, .body = "{" + one + R"(,"usage":{"prompt_tokens":1000000}})"}, 0.02},
      {openai, {.status = 200, .body = "{" + one + R"(,"usage":{"prompt_tokens":"many"}})"}, 101 * 0.02e-6},
      {openai, {.status = 200, .body = "{" + one + R"(,"usage":null})"}, 101 * 0.02e-6},
      {{.provider = "openai", .name = "of-tomorrow"}, {.status = 200, .body = "{" + one + "}"}, std::nullopt},
      {{.provider = "openai", .name = openai.name, .base_url = "http://127.0.0.1:9/v1"},
       {.status = 200, .body = "{" + one + "}"},
       std::nullopt},
      {{.provider = "gemini", .name = "gemini-embedding-001"},
       {.status = 200,
        .body = R"({"embeddings":[{"values":[1]}],"usageMetadata":{"promptTokenCount":2000000}})"},
       0.3},
      {{.provider = "bedrock", .name = "cohere.embed-multilingual-v3"},
       {.status = 200,
        .headers = {{"X-Amzn-Bedrock-Input-Token-Count", "500000"}},
        .body = R"({"embeddings":[[1]]})"},
       0.05},
      {{.provider = "bedrock", .name = "amazon.titan-embed-text-v2:0"},
       {.status = 200, .body = R"({"embedding":[1],"inputTextTokenCount":1000000})"},
       0.02}};
  for (const Row& row : table) {
    INFO(row.setup.name << " " << row.response.body);
    Bench bench;
    bench.http.responses = {row.response};
    const auto embedder = bench.embedder(row.setup);
    CHECK_FALSE(embedder->take_spent());
    embedder->embed(std::vector<TextToEmbed>{{std::string(300, 'x')}}, bench.stop);
    const std::optional<Spent> spent = embedder->take_spent();
    REQUIRE(spent);
    CHECK(spent->usage == Usage{});
    CHECK(spent->model_calls == 0);
    REQUIRE(spent->cost_usd.has_value() == row.cost_usd.has_value());
    if (row.cost_usd) CHECK(std::abs(*spent->cost_usd - *row.cost_usd) < 1e-12);
    CHECK_FALSE(embedder->take_spent());
  }
}

TEST_CASE("Gemini is told of each text what it is for", "[embeddings]") {
  Bench bench;
  bench.http.responses = {{.status = 200, .body = R"({"embeddings":[{"values":[1,0]}]})"},
                          {.status = 200, .body = R"({"embeddings":[{"values":[0,1]}]})"}};
  const EmbeddingSetup setup{.provider = "gemini", .name = "gemini-embedding-001", .dimensions = 768};
  CHECK(bench.embed(setup, kTexts) == Vectors{{1, 0}, {0, 1}});
  CHECK(bench.http.requests[0].url ==
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001:batchEmbedContents");
  CHECK(bench.header("x-goog-api-key") == "key-of-gemini");
  CHECK(bench.body() == Json::parse(R"({"requests":[{"model":"models/gemini-embedding-001",
      "content":{"parts":[{"text":"where?"}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":768}]})"));
  CHECK(bench.body(1)["requests"][0]["taskType"] == "RETRIEVAL_DOCUMENT");
}

TEST_CASE("On Bedrock Cohere's and Titan's models are asked in their own words", "[embeddings]") {
  Bench bench;
  bench.http.responses = {{.status = 200, .body = R"({"embeddings":{"float":[[1,0]]}})"},
                          {.status = 200, .body = R"({"embeddings":[[0,1]]})"},
                          {.status = 200, .body = R"({"embedding":[1,1],"inputTextTokenCount":3})"},
                          {.status = 200, .body = R"({"embedding":[2,2]})"}};
  CHECK(bench.embed({.provider = "bedrock", .name = "cohere.embed-multilingual-v3"}, kTexts) ==
        Vectors{{1, 0}, {0, 1}});
  CHECK(bench.http.requests[0].url ==
        "https://bedrock-runtime.eu-west-1.amazonaws.com/model/cohere.embed-multilingual-v3/invoke");
  CHECK(bench.header("authorization") == "Bearer key-of-bedrock");
  CHECK(bench.body() ==
        Json::parse(R"({"texts":["where?"],"input_type":"search_query","embedding_types":["float"]})"));
  CHECK(bench.body(1)["input_type"] == "search_document");
  const EmbeddingSetup titan{
      .provider = "bedrock", .name = "amazon.titan-embed-text-v2:0", .dimensions = 256};
  CHECK(bench.embed(titan, {{"a"}, {"b"}}) == Vectors{{1, 1}, {2, 2}});
  CHECK(bench.body(2) == Json::parse(R"({"inputText":"a","dimensions":256})"));
  CHECK_THROWS_WITH(bench.embedder({.provider = "bedrock", .name = "mistral.large"}),
                    ContainsSubstring("memory.embeddings.name"));
}

TEST_CASE("Bedrock's requests are signed where there is no key for them", "[embeddings]") {
  Bench bench;
  bench.variables = {
      {"AWS_REGION", "eu-west-1"}, {"AWS_ACCESS_KEY_ID", "AKID"}, {"AWS_SECRET_ACCESS_KEY", "s3cr3t-k"}};
  bench.http.responses = {{.status = 200, .body = R"({"embedding":[1,1]})"}};
  bench.embed({.provider = "bedrock", .name = "amazon.titan-embed-text-v2:0"}, {{"a"}});
  CHECK_THAT(bench.header("authorization"), ContainsSubstring("AWS4-HMAC-SHA256 Credential=AKID/"));
}

TEST_CASE("A refusal is told from a failure, without the key", "[embeddings]") {
  Bench bench;
  const EmbeddingSetup setup{.provider = "openai", .name = "m"};
  bench.http.responses = {
      {.status = 400, .body = R"({"error":{"message":"too long, key-of-openai"}})"},
      {.status = 503, .body = "down"},
      {.status = 401, .body = R"({"error":{"message":"bad key key-of-openai"}})"},
      {.status = 200, .body = "<html>"},
      {.status = 200, .body = R"({"data":[{"index":9,"embedding":[1]}]})"},
      {.status = 200, .body = R"({"data":[{"embedding":["x"]}]})"},
      {.status = 0, .failure = HttpFailure{HttpFailure::Kind::Connect, "cannot reach h"}}};
  const std::vector<TextToEmbed> texts{{"a"}};
  CHECK_THROWS_AS(bench.embed(setup, texts), EmbeddingRefused);
  for (const char* what : {"503", "[secret]", "something else than vectors", "something else than vectors",
                           "something else than vectors", "cannot reach h"}) {
    try {
      bench.embed(setup, texts);
      FAIL("no failure: " << what);
    } catch (const EmbeddingRefused&) {
      FAIL("refused: " << what);
    } catch (const std::runtime_error& error) {
      CHECK_THAT(error.what(), ContainsSubstring(what));
      CHECK_THAT(error.what(), !ContainsSubstring("key-of-openai"));
    }
  }
}

TEST_CASE("A key that is missing is named with where to set it, before anything is sent", "[embeddings]") {
  Bench bench;
  bench.variables.clear();
  CHECK_THROWS_WITH(bench.embedder({.provider = "openai", .name = "m"}),
                    "no key for openai: set the variable OPENAI_API_KEY, or name another one in "
                    "memory.embeddings.api_key_env");
  CHECK_NOTHROW(bench.embedder({.provider = "openai", .name = "m", .base_url = "http://localhost:1/v1"}));
}

TEST_CASE("Long texts are cut, and many go in several requests", "[embeddings]") {
  Bench bench;
  const EmbeddingSetup setup{.provider = "openai", .name = "m"};
  std::string answer = R"({"data":[)";
  for (int i = 0; i < 96; ++i) answer += R"({"embedding":[1,2]},)";
  answer.back() = ']';
  bench.http.responses = {{.status = 200, .body = answer + "}"},
                          {.status = 200, .body = R"({"data":[{"embedding":[3,4]}]})"}};
  std::vector<TextToEmbed> texts(97, TextToEmbed{std::string(50'000, 'x')});
  CHECK(bench.embed(setup, texts).size() == 97);
  CHECK(bench.http.requests.size() == 2);
  CHECK(bench.body(1)["input"][0].get<std::string>().size() == 8000);
  CHECK(bench.embedder(setup)->most() == 96);
}
