#include "core/model_fields.h"

#include <nlohmann/json.hpp>

namespace agentd {

namespace {

const Fields<CacheSetup>& cache_fields() {
  static const Fields<CacheSetup> fields{
      field("ttl", &CacheSetup::ttl_ms, Duration{}, "how long a reply is good for").required(),
  };
  return fields;
}

const Fields<ModelSetup>& fallback_fields() {
  static const Fields<ModelSetup> fields{
      field("provider", &ModelSetup::provider,
            Choice{{"anthropic", "bedrock", "gemini", "openai", "openai-responses", "scripted"}},
            "whose API is spoken; openai is spoken by most compatible servers"),
      field("name", &ModelSetup::name, Text{}, "the model, as the provider calls it"),
      field("base_url", &ModelSetup::base_url, Text{}, "another server of the same API; ${VAR} is expanded"),
      field("api_key_env", &ModelSetup::api_key_env, Text{},
            "the variable that holds the key, never the key"),
      field("max_output_tokens", &ModelSetup::max_output_tokens, Integer{.min = 1}, "the longest reply"),
      field("context_tokens", &ModelSetup::context_tokens, Integer{.min = 1}, "what the model can take in"),
      field("temperature", &ModelSetup::temperature, Number{.min = 0, .max = 2}, "sampling temperature"),
      field("reasoning", &ModelSetup::reasoning, Choice{{"low", "medium", "high"}}, "how hard it thinks"),
      field("tool_calling", &ModelSetup::tool_calling, Choice{{"native", "text"}},
            "text: Thought/Action/Observation, for models without tool calls"),
      field("timeout", &ModelSetup::timeout_ms, Duration{}, "one call, all in"),
      field("idle_timeout", &ModelSetup::idle_timeout_ms, Duration{}, "no byte for that long"),
      field("stream", &ModelSetup::stream, Flag{}, "false for servers that cannot"),
      field("retries", &ModelSetup::retries, Integer{.min = 0, .max = 20}, "per call"),
      field("api_version", &ModelSetup::api_version, Text{}, "where the provider has one"),
      field("extra", &ModelSetup::extra, FreeObject{}, "members put into the request body as they are"),
      field("cache", &ModelSetup::cache, Object<CacheSetup>{cache_fields()},
            "answers a request that was sent before from the memory directory"),
      field("script", &ModelSetup::script, FreeList{}, "the turns of the scripted model"),
  };
  return fields;
}

bool is_variable_name(std::string_view text) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  return text.find_first_not_of(kLetters) == std::string_view::npos;
}

}  // namespace

const Fields<ModelSetup>& model_fields() {
  static const Fields<ModelSetup> fields = [] {
    Fields<ModelSetup> all = fallback_fields();
    all.push_back(field("fallbacks", &ModelSetup::fallbacks, ListOf<ModelSetup>{fallback_fields()},
                        "other models, asked in order while this one is down"));
    return all;
  }();
  return fields;
}

void check_model(const Json& json, const ModelSetup& model, const Place& place) {
  if (!json.is_object()) return;
  const std::string path = place.path();
  if (!json.contains("provider"))
    place.problem(path + ".provider is missing: give it here" +
                  (path == "model" ? ", in config.yaml or with --model PROVIDER/NAME" : ""));
  for (std::size_t i = 0; i < model.fallbacks.size(); ++i) {
    const std::string index = std::to_string(i);
    check_model(json["fallbacks"][i], model.fallbacks[i], place.at("fallbacks").at(index));
  }
  if (!is_variable_name(model.api_key_env))  // not shown: it may be the key
    place.at("api_key_env")
        .problem(path + ".api_key_env must be the name of a variable, such as MY_KEY, never the key itself");
  if (model.provider.empty()) return;
  const bool is_scripted = model.provider == "scripted";
  if (is_scripted && !json.contains("script"))
    place.problem(path + ".script is missing: the scripted model plays it");
  if (!is_scripted && model.name.empty() && !json.contains("name"))
    place.problem(path + ".name is missing: say which model of " + model.provider);
  if (!is_scripted && json.contains("script"))
    place.at("script").problem(path + ".script is for provider: scripted alone");
}

}  // namespace agentd
