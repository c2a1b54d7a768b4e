#include "cli/inputs.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/yaml.h"
#include "core/error.h"
#include "core/text.h"

namespace agentd {

namespace {

template <class N>
std::optional<N> number_from(std::string_view text) {
  N number{};
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

std::string_view expected(const std::string& type) {
  if (type == "integer") return "a whole number";
  if (type == "number") return "a number";
  return "true or false";
}

/// The value in the one form of its type; none if it has another.
std::optional<std::string> typed(const std::string& type, const std::string& text) {
  if (type == "string") return text;
  if (type == "boolean") return text == "true" || text == "false" ? std::optional(text) : std::nullopt;
  if (const auto whole = number_from<std::int64_t>(text)) return std::to_string(*whole);
  const auto number = type == "number" ? number_from<double>(text) : std::nullopt;
  if (!number || !std::isfinite(*number)) return std::nullopt;
  return nlohmann::json(*number).dump();
}

const InputSetup& find_input(const Task& task, const std::string& name) {
  std::vector<std::string_view> known;
  for (const InputSetup& input : task.inputs) {
    if (input.name == name) return input;
    known.push_back(input.name);
  }
  const std::string_view meant = nearest(name, known);
  std::string message = "the task has no input '" + name + "'";
  if (!meant.empty()) message += "; did you mean '" + std::string(meant) + "'?";
  for (std::size_t i = 0; meant.empty() && i < known.size(); ++i)
    message.append(i == 0 ? "; it has: " : ", ").append(known[i]);
  throw Error(Exit::Usage, message);
}

void take(const Task& task, const std::string& name, const std::string& text, Inputs& values) {
  const InputSetup& input = find_input(task, name);
  const auto value = typed(input.type, to_valid_utf8(text));
  if (!value)
    throw Error(Exit::Usage, "input '" + name + "': expected " + std::string(expected(input.type)) +
                                 ", found '" + text + "'; give -i " + name + "=VALUE");
  values[name] = *value;
}

void take_file(const Task& task, const std::string& file, Inputs& values) {
  const auto json = nlohmann::json::parse(read_text_file(file), nullptr, false);
  if (!json.is_object())
    throw Error(Exit::Usage,
                file + " is not a JSON object; write {\"NAME\": VALUE, …} with the task's inputs");
  for (const auto& [name, value] : json.items()) {
    if (value.is_structured() || value.is_null())
      throw Error(Exit::Usage, file + ": input '" + name + "': expected a text, a number, true or false");
    take(task, name, value.is_string() ? value.get<std::string>() : value.dump(), values);
  }
}

}  // namespace

Inputs resolve_inputs(const Task& task, const std::vector<std::pair<std::string, std::string>>& given,
                      const std::optional<std::string>& file, const std::string& task_file) {
  Inputs values;
  for (const InputSetup& input : task.inputs)
    if (!input.required) values[input.name] = input.default_value.value_or("");
  if (file) take_file(task, *file, values);
  for (const auto& [name, value] : given) take(task, name, value, values);
  std::vector<Problem> missing;
  for (const InputSetup& input : task.inputs)
    if (!values.contains(input.name))
      missing.push_back({"/inputs/" + input.name,
                         "input '" + input.name + "' was not given; add -i " + input.name + "=VALUE"});
  if (!missing.empty() && task_file.empty())
    throw Error(Exit::Usage, missing.front().pointer.substr(1) + " is missing");
  if (!missing.empty()) parse_yaml(read_text_file(task_file), task_file).refuse(missing);
  return values;
}

std::string run_id_for(const Task& task, const std::string& goal, const Inputs& inputs) {
  constexpr std::size_t kHashLength = 8;
  std::string all = goal;
  for (const auto& [name, value] : inputs) all.append(1, '\0').append(name).append(1, '\0').append(value);
  return task.name + "-" + hash_hex(all).substr(0, kHashLength);
}

}  // namespace agentd
