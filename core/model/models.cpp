#include "core/model/models.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/model/answer_check.h"
#include "core/model/anthropic.h"
#include "core/model/bedrock.h"
#include "core/model/bedrock_access.h"
#include "core/model/cached_model.h"
#include "core/model/gemini.h"
#include "core/model/http_model.h"
#include "core/model/openai.h"
#include "core/model/responses.h"
#include "core/model/scripted.h"
#include "core/model/text_model.h"
#include "core/text.h"

namespace agentd {
namespace {

struct Row {
  std::string_view name;
  const char* key_variable;
  const char* url_variable;
  std::string_view url;
  Codec codec;
};

/// A new provider is a codec in a file of its own and a row here.
constexpr Row kProviders[] = {
    {"anthropic", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "https://api.anthropic.com", kAnthropicCodec},
    {"bedrock", "AWS_BEARER_TOKEN_BEDROCK", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "", kBedrockCodec},
    {"gemini", "GEMINI_API_KEY", "GEMINI_BASE_URL", "https://generativelanguage.googleapis.com",
     kGeminiCodec},
    {"openai", "OPENAI_API_KEY", "OPENAI_BASE_URL", "https://api.openai.com/v1", kOpenAiCodec},
    {"openai-responses", "OPENAI_API_KEY", "OPENAI_BASE_URL", "https://api.openai.com/v1", kResponsesCodec},
    {"scripted", nullptr, nullptr, "", {}},
};

const Row* find_row(std::string_view name) {
  const auto found = std::find_if(std::begin(kProviders), std::end(kProviders),
                                  [&](const Row& row) { return row.name == name; });
  return found == std::end(kProviders) ? nullptr : found;
}

[[noreturn]] void refuse_unknown(const std::string& name) {
  std::vector<std::string_view> known;
  std::string list;
  for (const Row& row : kProviders) {
    known.push_back(row.name);
    list.append(list.empty() ? "" : ", ").append(row.name);
  }
  const std::string_view near = nearest(name, known);
  throw Error(Exit::Usage,
              "model.provider: there is no provider '" + name + "'" +
                  (near.empty() ? "; known are " + list : "; did you mean " + std::string(near) + "?"));
}

/// Bedrock has a server in each region, and no key where requests are signed.
bool is_bedrock(const Row& row) {
  return row.name == "bedrock";
}

/// Of the task or the environment; empty: the provider's own server.
std::string chosen_url(const ModelSetup& setup, const Row& row, const Environment& environment) {
  std::string url = without_slashes(expand_variables(setup.base_url, environment, "model.base_url"));
  if (url.empty()) url = without_slashes(trimmed_variable(environment, row.url_variable));
  return url == row.url ? std::string() : url;
}

std::string base_url(const ModelSetup& setup, const Row& row, const ModelWorld& world) {
  const std::string url = chosen_url(setup, row, world.environment);
  if (url.empty())
    return is_bedrock(row) ? bedrock_url(world.environment, world.read_file) : std::string(row.url);
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    throw Error(Exit::Usage, "model.base_url must begin with http:// or https:// (from the task or " +
                                 std::string(row.url_variable) + ")");
  }
  return url;
}

std::string key_variable(const ModelSetup& setup, const Row& row) {
  return setup.api_key_env.empty() ? std::string(row.key_variable) : setup.api_key_env;
}

/// Passwords in the URL of the task's server, of those of the environment, and of proxies.
std::set<std::string> url_secrets(const ModelSetup& setup, const Environment& environment) {
  std::vector<std::string> urls{setup.base_url};
  for (const char* name :
       {"ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "https_proxy", "http_proxy"})
    urls.push_back(trimmed_variable(environment, name));
  for (const Row& row : kProviders)
    if (row.url_variable != nullptr) urls.push_back(trimmed_variable(environment, row.url_variable));
  std::set<std::string> secrets;
  for (const std::string& url : urls) {
    const std::string_view user = url_user(url), password = user.substr(user.find(':') + 1);
    // ${VAR} is known by its value.
    if (variables_in(password).empty()) secrets.emplace(password);
  }
  return secrets;
}

Provider make_provider(const ModelSetup& setup, const Row& row, const ModelWorld& world) {
  Provider provider{.secrets = world.secrets};
  provider.codec = row.codec;
  provider.endpoint.base_url = base_url(setup, row, world);
  provider.key_variable = key_variable(setup, row);
  provider.endpoint.api_key = trimmed_variable(world.environment, provider.key_variable);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (std::any_of(provider.endpoint.api_key.begin(), provider.endpoint.api_key.end(), is_control))
    throw Error(Exit::Usage, "the key in " + provider.key_variable +
                                 " has a line break or another control character: set it anew");
  const bool lacks_key = provider.endpoint.api_key.empty(), wants_key = !setup.api_key_env.empty();
  if (lacks_key && !wants_key && is_bedrock(row)) {
    provider.signer = make_bedrock_signer(world);
  } else if (lacks_key && (wants_key || chosen_url(setup, row, world.environment).empty())) {
    // Local servers need no key; one that the task names is wanted all the same.
    throw Error(Exit::Usage, "no key for " + std::string(row.name) + ": set the variable " +
                                 provider.key_variable + ", or name another one in model.api_key_env");
  }
  provider.price = price_of(setup, world);
  if (!chosen_url(setup, row, world.environment).empty())
    provider.url_setting = setup.base_url.empty() ? row.url_variable : "model.base_url";
  return provider;
}

std::unique_ptr<Model> make_one(const ModelSetup& setup, const Inputs& inputs, const ModelWorld& world) {
  const Row* row = find_row(setup.provider);
  if (row == nullptr) refuse_unknown(setup.provider);
  if (row->name == "scripted") return make_scripted_model(setup, inputs);
  if (setup.name.empty())
    throw Error(Exit::Usage, "model.name is missing: which model of " + setup.provider + "?");
  Provider provider = make_provider(setup, *row, world);
  Endpoint endpoint = provider.endpoint;
  auto model = std::make_unique<HttpModel>(std::move(provider), world.http, world.clock);
  if (setup.cache.ttl_ms == 0 || world.replies == nullptr) return model;
  return make_cached_model(std::move(model), row->codec, std::move(endpoint), *world.replies, world.clock);
}

std::unique_ptr<Model> make_speaking(const ModelSetup& setup, const Inputs& inputs, const ModelWorld& world) {
  std::unique_ptr<Model> model = make_one(setup, inputs, world);
  return setup.tool_calling == "text" ? make_text_model(std::move(model)) : std::move(model);
}

/// The task's model and its fallbacks; each request says whom it is for.
class ModelLine : public Model {
 public:
  explicit ModelLine(std::vector<std::unique_ptr<Model>> models) : models_(std::move(models)) {}
  ModelResult ask(const ModelRequest& request, const Stop& stop) override {
    return models_.at(static_cast<std::size_t>(request.fallback))->ask(request, stop);
  }

 private:
  std::vector<std::unique_ptr<Model>> models_;
};

}  // namespace

std::unique_ptr<Model> make_model(const ModelSetup& setup, const Inputs& inputs, const ModelWorld& world) {
  world.secrets.learn(model_secrets(setup, world.environment, world.read_file));
  std::vector<std::unique_ptr<Model>> models;
  models.push_back(make_speaking(setup, inputs, world));
  for (const ModelSetup& fallback : setup.fallbacks) models.push_back(make_speaking(fallback, inputs, world));
  return make_checked_model(std::make_unique<ModelLine>(std::move(models)));
}

Provider provider_access(const ModelSetup& setup, const ModelWorld& world) {
  const Row* row = find_row(setup.provider);
  if (row == nullptr || row->key_variable == nullptr) refuse_unknown(setup.provider);
  return make_provider(setup, *row, world);
}

HttpRequest other_request(const ModelSetup& setup, const Provider& access, std::string_view tail,
                          std::string_view path) {
  const Message hello{.role = Role::User, .text = "hello"};
  HttpRequest request =
      access.codec.encode({setup, "other", "", {}, std::span<const Message>(&hello, 1)}, access.endpoint);
  request.url = request.url.substr(0, request.url.rfind(tail)).append(path);
  request.body.clear();
  return request;
}

std::optional<Price> price_of(const ModelSetup& setup, const ModelWorld& world) {
  const Row* row = find_row(setup.provider);
  if (row == nullptr) return std::nullopt;
  const bool own_host = row->url_variable == nullptr || chosen_url(setup, *row, world.environment).empty();
  const BuiltInPrices built_in = own_host ? BuiltInPrices::Search : BuiltInPrices::Skip;
  std::optional<Price> price = find_price(world.prices, row->name, setup.name, built_in);
  // The same models at the same rates.
  if (!price && row->name == kResponsesProvider)
    price = find_price(world.prices, "openai", setup.name, built_in);
  return price;
}

std::vector<std::optional<Price>> prices_of(const ModelSetup& setup, const ModelWorld& world) {
  std::vector<std::optional<Price>> prices{price_of(setup, world)};
  for (const ModelSetup& fallback : setup.fallbacks) prices.push_back(price_of(fallback, world));
  return prices;
}

std::vector<std::string> model_secrets(const ModelSetup& setup, const Environment& environment,
                                       const ReadFile& read_file) {
  std::vector<std::string> names = variables_in(setup.base_url);
  names.insert(names.end(),
               {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"});
  for (const Row& row : kProviders)
    if (row.key_variable != nullptr) names.emplace_back(row.key_variable);
  if (!setup.api_key_env.empty()) names.push_back(setup.api_key_env);
  std::set<std::string> secrets;
  for (const std::string& name : names) secrets.insert(trimmed_variable(environment, name));
  secrets.merge(url_secrets(setup, environment));
  if (read_file && setup.provider == "bedrock") secrets.merge(aws_file_secrets(environment, read_file));
  for (const ModelSetup& fallback : setup.fallbacks)
    for (std::string& secret : model_secrets(fallback, environment, read_file))
      secrets.insert(std::move(secret));
  secrets.erase("");
  return {secrets.begin(), secrets.end()};
}

}  // namespace agentd
