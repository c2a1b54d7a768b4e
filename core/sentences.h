#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace agentd {

/// Short texts that a model reads are kept together in a file of prompts/, one a line: "name: text".

/// The line of that name. A name that is not there does not compile.
consteval std::string_view sentence_of(std::string_view file, std::string_view name) {
  for (std::string_view rest = file; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.starts_with(name) && line.substr(name.size()).starts_with(": "))
      return line.substr(name.size() + 2);
    rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : line.size());
  }
  throw "the file of prompts/ has no line of that name";
}

using Replacement = std::pair<std::string_view, std::string_view>;

/// Puts each value in the place of its {{name}}. Values are not looked into.
std::string fill(std::string_view text, std::initializer_list<Replacement> values);

}  // namespace agentd
