#include "core/model/embeddings.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"
#include "core/mask.h"
#include "core/model/http_model.h"
#include "core/model/server_error.h"
#include "core/text.h"

// OpenAI's embeddings (platform.openai.com/docs/api-reference/embeddings), which most compatible servers
// have, Gemini's batchEmbedContents (ai.google.dev/api/embeddings), and on Bedrock's InvokeModel those of
// Cohere and Amazon Titan (docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html).

namespace agentd {
namespace {

using Json = nlohmann::json;
using Texts = std::span<const TextToEmbed>;
using Vectors = std::vector<std::vector<float>>;
using As = TextToEmbed::As;

constexpr std::int64_t kTimeoutMs = 20'000;
constexpr std::int64_t kMostBody = 64 << 20;
constexpr std::size_t kMostTexts = 96;
constexpr std::size_t kBytesOfToken = 3;  // at least, in most languages

/// How an embedding model is asked. `tail` of a model call's address gives way to `path`.
struct Row {
  std::string_view provider;
  std::string_view model;  ///< what its name has in it
  std::string_view tail;
  std::string_view path;
  std::size_t texts;  ///< of one request
  std::size_t bytes;  ///< of one text: what is longer is cut, as models do by themselves or refuse to do
  Json (*body)(const EmbeddingSetup& setup, Texts texts);
  Vectors (*vectors)(const Json& answer);
};

Json list_of(Texts texts) {
  Json list = Json::array();
  for (const TextToEmbed& text : texts) list.push_back(text.text);
  return list;
}

Json openai_body(const EmbeddingSetup& setup, Texts texts) {
  Json body = {{"model", setup.name}, {"input", list_of(texts)}, {"encoding_format", "float"}};
  if (setup.dimensions) body["dimensions"] = *setup.dimensions;
  return body;
}

Vectors openai_vectors(const Json& answer) {
  const Json& data = answer.at("data");
  Vectors vectors(data.size());
  for (std::size_t i = 0; i < data.size(); ++i)
    vectors.at(data[i].value("index", i)) = data[i].at("embedding").get<std::vector<float>>();
  return vectors;
}

Json gemini_body(const EmbeddingSetup& setup, Texts texts) {
  const std::string kind = setup.name.starts_with("models/") ? "" : "models/";
  Json requests = Json::array();
  for (const TextToEmbed& text : texts) {
    Json request = {{"model", kind + setup.name},
                    {"content", {{"parts", {{{"text", text.text}}}}}},
                    {"taskType", text.as == As::Query ? "RETRIEVAL_QUERY" : "RETRIEVAL_DOCUMENT"}};
    if (setup.dimensions) request["outputDimensionality"] = *setup.dimensions;
    requests.push_back(std::move(request));
  }
  return {{"requests", std::move(requests)}};
}

Vectors gemini_vectors(const Json& answer) {
  Vectors vectors;
  for (const Json& each : answer.at("embeddings"))
    vectors.push_back(each.at("values").get<std::vector<float>>());
  return vectors;
}

Json cohere_body(const EmbeddingSetup& setup, Texts texts) {
  const char* type = texts.front().as == As::Query ? "search_query" : "search_document";
  Json body = {{"texts", list_of(texts)}, {"input_type", type}, {"embedding_types", {"float"}}};
  if (setup.dimensions) body["output_dimension"] = *setup.dimensions;
  return body;
}

Vectors cohere_vectors(const Json& answer) {
  const Json& embeddings = answer.at("embeddings");
  return (embeddings.is_object() ? embeddings.at("float") : embeddings).get<Vectors>();
}

Json titan_body(const EmbeddingSetup& setup, Texts texts) {
  Json body = {{"inputText", texts.front().text}};
  if (setup.dimensions) body["dimensions"] = *setup.dimensions;
  return body;
}

Vectors titan_vectors(const Json& answer) {
  return {answer.at("embedding").get<std::vector<float>>()};
}

constexpr Row kRows[] = {
    {"openai", "", "/chat/completions", "/embeddings", kMostTexts, 8000, openai_body, openai_vectors},
    {"gemini", "", ":generateContent", ":batchEmbedContents", kMostTexts, 8000, gemini_body, gemini_vectors},
    {"bedrock", "cohere.", "/converse", "/invoke", kMostTexts, 2000, cohere_body, cohere_vectors},
    {"bedrock", "titan-embed", "/converse", "/invoke", 1, 8000, titan_body, titan_vectors},
};

const Row& row_of(const EmbeddingSetup& setup) {
  for (const Row& row : kRows)
    if (row.provider == setup.provider && setup.name.find(row.model) != std::string::npos) return row;
  throw Error(Exit::Usage,
              "memory.embeddings.name: of Bedrock's models Cohere's and Amazon Titan's can be used, as "
              "cohere.embed-multilingual-v3");
}

ModelSetup model_setup(const EmbeddingSetup& setup) {
  ModelSetup model{.provider = setup.provider,
                   .name = setup.name,
                   .base_url = setup.base_url,
                   .api_key_env = setup.api_key_env};
  model.stream = false;
  return model;
}

/// Where they are set is another place than that of the task's model.
Provider access_to(const EmbeddingSetup& setup, const ModelWorld& world) try {
  world.secrets.learn(model_secrets(model_setup(setup), world.environment, world.read_file));
  return provider_access(model_setup(setup), world);
} catch (const Error& error) {
  std::string message = error.what();
  constexpr std::string_view kKey = "model.";
  for (std::size_t at = 0; (at = message.find(kKey, at)) != std::string::npos; at += 20)
    message.replace(at, kKey.size(), "memory.embeddings.");
  throw Error(error.exit(), message);
}

struct Answer : HttpSink {
  void head(int code, const HttpHeaders& all) override {
    status = code;
    headers = all;
  }
  void body(std::string_view bytes) override { text += bytes; }

  int status = 0;
  HttpHeaders headers;
  std::string text;
};

/// As the server says, or else by the length of the texts.
std::int64_t tokens_of(const Json& json, const HttpHeaders& headers, Texts texts) {
  Json said = Json::array();
  for (const char* place :
       {"/usage/prompt_tokens", "/usageMetadata/promptTokenCount", "/inputTextTokenCount"})
    if (const Json::json_pointer at(place); json.contains(at)) said.push_back(json.at(at));
  if (const std::string* header = find_header(headers, "x-amzn-bedrock-input-token-count"))
    said.push_back(Json::parse(*header, nullptr, false));
  for (const Json& count : said)
    if (count.is_number_unsigned()) return count.get<std::uint32_t>();
  std::size_t bytes = 0;
  for (const TextToEmbed& text : texts) bytes += text.text.size();
  return static_cast<std::int64_t>(bytes / kBytesOfToken + texts.size());
}

class HttpEmbedder final : public Embedder {
 public:
  HttpEmbedder(const EmbeddingSetup& setup, const ModelWorld& world)
      : setup_(setup),
        row_(row_of(setup)),
        access_(access_to(setup, world)),
        price_(price_of(setup, world)),
        http_(world.http) {}

  std::string space() const override {
    const std::string size = setup_.dimensions ? " " + std::to_string(*setup_.dimensions) : "";
    return setup_.provider + " " + setup_.name + size;
  }

  std::size_t most() const override { return std::min(kMostTexts, row_.texts * 16); }

  std::optional<Spent> take_spent() override { return std::exchange(spent_, std::nullopt); }

  /// A request has texts of one kind: some servers have to be told which.
  Vectors embed(Texts texts, const Stop& stop) override {
    Vectors vectors;
    while (!texts.empty()) {
      std::size_t count = 1;
      while (count < std::min(row_.texts, texts.size()) && texts[count].as == texts[0].as) ++count;
      for (std::vector<float>& vector : ask(texts.first(count), stop)) vectors.push_back(std::move(vector));
      texts = texts.subspan(count);
    }
    return vectors;
  }

 private:
  Vectors ask(Texts texts, const Stop& stop) {
    std::vector<TextToEmbed> cut(texts.begin(), texts.end());
    for (TextToEmbed& text : cut) text.text = to_valid_utf8(text.text.substr(0, row_.bytes));
    HttpRequest request = other_request(model_setup(setup_), access_, row_.tail, row_.path);
    request.body = row_.body(setup_, cut).dump(-1, ' ', false, Json::error_handler_t::replace);
    request.timeout_ms = std::min(kTimeoutMs, stop.time_left_ms().value_or(kTimeoutMs));
    request.idle_timeout_ms = request.timeout_ms;
    request.max_body_bytes = kMostBody;
    if (access_.signer) {
      const auto ended = access_.signer->sign(request, stop);
      const auto* failed = ended ? std::get_if<ModelFailed>(&*ended) : nullptr;
      if (ended) throw std::runtime_error(failed != nullptr ? failed->message : "interrupted");
    }
    Answer answer;
    const auto failure = http_.send(request, answer, stop);
    if (failure) throw std::runtime_error(mask(failure->message, access_.secrets));
    return vectors_in(answer, cut);
  }

  Vectors vectors_in(const Answer& answer, Texts texts) {
    if (answer.status < 200 || answer.status >= 300) {
      const std::string message =
          mask(response_failure(setup_.provider, answer.status, answer.headers, answer.text).message,
               access_.secrets);
      if (answer.status == 400 || answer.status == 413 || answer.status == 422)
        throw EmbeddingRefused(message);
      throw std::runtime_error(message);
    }
    const Json json = Json::parse(answer.text, nullptr, false);
    pay({.input = tokens_of(json, answer.headers, texts)});
    try {
      return row_.vectors(json);
    } catch (const std::exception&) {
      throw std::runtime_error(setup_.provider + " answered with something else than vectors");
    }
  }

  /// Its tokens are not those that a run's limit is for.
  void pay(const Usage& usage) {
    if (!spent_) spent_.emplace();
    if (price_ && spent_->cost_usd)
      *spent_->cost_usd += cost_usd(*price_, usage);
    else
      spent_->cost_usd.reset();
  }

  EmbeddingSetup setup_;
  const Row& row_;
  Provider access_;
  std::optional<Price> price_;
  std::optional<Spent> spent_;
  HttpTransport& http_;
};

}  // namespace

std::optional<Price> price_of(const EmbeddingSetup& setup, const ModelWorld& world) {
  return price_of(model_setup(setup), world);
}

std::unique_ptr<Embedder> make_embedder(const EmbeddingSetup& setup, const ModelWorld& world) {
  return std::make_unique<HttpEmbedder>(setup, world);
}

}  // namespace agentd
