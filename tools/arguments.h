#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace agentd {

/// The arguments of one call, checked by the tool's JSON Schema: an object of strings, integers and booleans.
class Arguments {
 public:
  Arguments(std::string_view text, std::string_view schema);

  /// What is wrong with them, for the model to read; empty: nothing. Nothing else may be asked for then.
  const std::string& problem() const { return problem_; }
  bool has(const std::string& name) const { return values_.count(name) > 0; }
  std::string text(const std::string& name, const std::string& otherwise = "") const;
  std::int64_t number(const std::string& name, std::int64_t otherwise) const;
  bool flag(const std::string& name) const;

 private:
  using Value = std::variant<std::string, std::int64_t, bool>;

  std::map<std::string, Value> values_;
  std::string problem_;
};

}  // namespace agentd
