#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace agentd {

/// The keyword whose value is the number of the rules that hold at a place.
inline constexpr const char* kRulesKeyword = "agentd";

/// Rewrites a JSON Schema of any draft: what leads to other schemas stays, as draft 7 has it; every rule
/// about a value itself goes into a member of the list `rules`, by its name. Returns what is wrong with the
/// schema; empty: nothing. The form has no `$ref` out of it or in a circle, and bounded size and depth.
std::string make_schema_form(const nlohmann::json& schema, nlohmann::json& form, nlohmann::json& rules);

}  // namespace agentd
