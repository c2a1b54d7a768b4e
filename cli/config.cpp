#include "cli/config.h"

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/yaml.h"
#include "core/error.h"
#include "core/fields.h"
#include "core/task_json.h"
#include "core/tool_fields.h"

namespace agentd {

namespace {

namespace fs = std::filesystem;

/// Empty where neither variable says where a user's files are.
fs::path config_path() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && config[0] == '/') return fs::path(config) / "agentd/config.yaml";
  const char* home = std::getenv("HOME");
  return home != nullptr && home[0] == '/' ? fs::path(home) / ".config/agentd/config.yaml" : fs::path();
}

const Fields<Price>& price_fields() {
  static const Fields<Price> fields{
      field("pattern", &Price::pattern, Text{}, "PROVIDER/NAME, where * is any text").required(),
      field("input", &Price::input, Number{.min = 0}, "USD per million tokens").required(),
      field("cache_read", &Price::cache_read, Number{.min = 0}, "as input, where it is left out"),
      field("cache_write", &Price::cache_write, Number{.min = 0}, "as input, where it is left out"),
      field("output", &Price::output, Number{.min = 0}, "USD per million tokens").required(),
      field("long_prompt", &Price::long_prompt, Integer{.min = 0}, "prompts of more tokens cost more"),
      field("long_input", &Price::long_input, Number{.min = 0}, "by this factor, for input"),
      field("long_output", &Price::long_output, Number{.min = 0}, "by this factor, for output"),
  };
  return fields;
}

void read_prices(const Json& json, Config& config, const Place& place) {
  if (!json.is_array()) return place.expected("a list of prices", json);
  ListOf<Price>{price_fields()}.read(json, config.prices, place);
  for (std::size_t i = 0; i < json.size(); ++i) {
    Price& price = config.prices[i];
    if (!json[i].is_object() || !json[i].contains("cache_read")) price.cache_read = price.input;
    if (!json[i].is_object() || !json[i].contains("cache_write")) price.cache_write = price.input;
  }
}

void read_model(const Json& json, Config& config, const Place& place) {
  if (!json.is_object()) return place.expected("a mapping", json);
  config.model_json = json.dump();
}

const Fields<Config>& config_fields() {
  static const Fields<Config> fields{
      {{"model", "what a task's model leaves out"}, read_model, nullptr, nullptr},
      {{"prices", "searched before the built-in ones"}, read_prices, nullptr, nullptr},
      field("permissions", &Config::permissions, PermissionList{}, "rules for calls, after the task's own"),
  };
  return fields;
}

/// What is wrong with the model's members by the task's own table; not what they leave out.
void check_model(const Config& config, std::vector<Problem>& problems) {
  if (config.model_json.empty()) return;
  std::vector<Problem> found;
  task_from_json("{\"model\":" + config.model_json + "}", found);
  for (Problem& problem : found)
    if (problem.pointer.starts_with("/model/")) problems.push_back(std::move(problem));
}

}  // namespace

Config read_config() {
  Config config;
  const fs::path path = config_path();
  std::error_code ignored;
  config.path = path.empty() ? "$XDG_CONFIG_HOME/agentd/config.yaml" : path.string();
  if (path.empty() || !fs::exists(path, ignored)) return config;
  const YamlDocument document = parse_yaml(read_text_file(path), config.path);
  std::vector<Problem> problems;
  const Json json = Json::parse(document.json);
  if (!json.is_null()) Object<Config>{config_fields()}.read(json, config, Place(problems));
  check_model(config, problems);
  document.refuse(problems);
  return config;
}

}  // namespace agentd
