#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace agentd {

/// What is wrong with a JSON Schema, and where; empty: nothing. Then each keyword that can be reached has a
/// value of its type, each `$ref` leads to a schema in it, and none leads back to where it came from without
/// going down.
std::string schema_form_problem(const nlohmann::json& schema);

/// What a `$ref` leads to; null: nothing in this document.
const nlohmann::json* find_schema(const nlohmann::json& document, const std::string& reference);

/// `name` at the end of a JSON pointer.
std::string member_of(std::string pointer, std::string_view name);
/// On one line, its end replaced by a mark where it is too long to be quoted.
std::string quotable(std::string text);

}  // namespace agentd
