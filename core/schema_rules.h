#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace agentd {

struct TooMuch {};

/// What a check may still take.
class Work {
 public:
  explicit Work(std::size_t most) : left_(most) {}
  /// Throws TooMuch.
  void spend(std::size_t work) {
    if (work > left_) throw TooMuch();
    left_ -= work;
  }

 private:
  std::size_t left_;
};

/// A keyword of JSON Schema that says something about a value alone.
struct SchemaRule {
  std::string_view keyword;
  bool (*is_for)(const nlohmann::json& value);
  bool (*holds)(const nlohmann::json& argument, const nlohmann::json& value, Work& work);
  std::string_view words;  ///< #: the argument; ~: an s for many
  std::string (*shown)(const nlohmann::json& argument);
};

/// Null: the keyword is none of them.
const SchemaRule* find_schema_rule(std::string_view keyword);
/// "must have at least 2 characters"
std::string words_of(const SchemaRule& rule, const nlohmann::json& argument);

}  // namespace agentd
