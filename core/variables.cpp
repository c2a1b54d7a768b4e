#include "core/variables.h"

#include "core/error.h"
#include "core/text.h"

namespace agentd {

std::vector<std::string> variables_in(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = 0; (at = text.find("${", at)) != std::string_view::npos; ++at) {
    const std::size_t end = text.find('}', at);
    if (end != std::string_view::npos) names.emplace_back(text.substr(at + 2, end - at - 2));
  }
  return names;
}

std::string expand_variables(std::string text, const Environment& environment, const std::string& key) {
  std::size_t at = 0;
  for (const std::string& name : variables_in(text)) {
    const std::string value = trimmed_variable(environment, name);
    if (value.empty()) throw Error(Exit::Usage, key + ": the variable " + name + " is not set");
    const std::string place = "${" + name + "}";
    at = text.find(place, at);
    text.replace(at, place.size(), value);
    at += value.size();
  }
  return text;
}

std::string trimmed_variable(const Environment& environment, const std::string& name) {
  return std::string(trimmed(environment(name).value_or("")));
}

}  // namespace agentd
