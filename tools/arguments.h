#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "core/message.h"

namespace agentd {

/// What is wrong with the arguments of a call, for the model to read; empty: nothing. No text at all means no
/// arguments, and null in an argument that may be left out leaves it out.
std::string arguments_problem(const ToolSpec& spec, std::string_view text);

/// The strings, integers and booleans among the arguments of a call that has no arguments_problem.
class Arguments {
 public:
  explicit Arguments(std::string_view text);

  bool has(const std::string& name) const { return values_.count(name) > 0; }
  std::string text(const std::string& name, const std::string& otherwise = "") const;
  std::int64_t number(const std::string& name, std::int64_t otherwise) const;
  bool flag(const std::string& name) const;

 private:
  using Value = std::variant<std::string, std::int64_t, bool>;

  std::map<std::string, Value> values_;
};

}  // namespace agentd
