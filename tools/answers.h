#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "prompts.h"
#include "tools/tools.h"

namespace agentd {

/// A line of prompts/tools/answers.md, without its name. A name that is not there does not compile.
consteval std::string_view sentence(std::string_view name) {
  for (std::string_view rest = prompts::tools_answers; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.starts_with(name) && line.substr(name.size()).starts_with(": "))
      return line.substr(name.size() + 2);
    rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : line.size());
  }
  throw "prompts/tools/answers.md has no line of that name";
}

using Replacement = std::pair<std::string_view, std::string_view>;

/// Puts each value in the place of its {{name}}. Values are not looked into.
std::string fill(std::string_view text, std::initializer_list<Replacement> values);

/// An answer that says what went wrong.
inline ToolAnswer failed(std::string text) {
  return {Outcome::Error, std::move(text)};
}

}  // namespace agentd
