#include "tools/argument_texts.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/json_schema.h"
#include "core/templates.h"
#include "core/text.h"

namespace agentd {
namespace {

using Json = nlohmann::ordered_json;

/// Some models write integers as 5.0.
std::string number_text(const Json& value) {
  constexpr double kExact = 9e15;
  if (!value.is_number_float()) return value.dump();
  const double number = value.get<double>();
  const bool is_integer = std::trunc(number) == number && std::abs(number) < kExact;
  return is_integer ? std::to_string(static_cast<std::int64_t>(number)) : value.dump();
}

}  // namespace

std::string fitting_arguments(const ToolSpec& spec, std::string_view text) {
  if (trimmed(text).empty()) return "{}";
  Json object = Json::parse(text);
  if (!schema_error(spec.parameters, text)) return object.dump();
  Json rest = Json::object();
  for (const auto& [name, value] : object.items())
    if (!value.is_null()) rest[name] = value;
  return rest.dump();
}

ArgumentTexts argument_texts(std::string_view object) {
  ArgumentTexts texts;
  const Json json = Json::parse(object);
  for (const auto& [name, value] : json.items()) {
    if (value.is_null()) continue;
    const std::string text = value.is_number() ? number_text(value) : value.dump();
    texts[name] = {value.is_string() ? value.get<std::string>() : text, text};
  }
  return texts;
}

std::optional<std::string> fill_template(std::string_view text, const ArgumentTexts& arguments) {
  std::string filled;
  for (const TemplatePart& part : parse_template(text)) {
    if (!part.is_argument) {
      filled += part.text;
      continue;
    }
    const auto found = arguments.find(part.text);
    if (found == arguments.end()) return std::nullopt;
    filled += found->second.plain;
  }
  return filled;
}

}  // namespace agentd
