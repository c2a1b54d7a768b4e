#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace agentd {

// JSON Schema of draft 2020-12 and draft 7 as far as answers and the arguments of tools need it. A `$ref`
// leads to a place in the same document alone: nothing is ever fetched; what stands beside it holds too. Not
// checked: `format`, `unevaluated…`, `$dynamicRef`, patterns that SchemaPattern does not know, and unknown
// keywords.

/// None: the JSON text is valid for the schema. Else what is expected where, for a model to read: the first
/// few problems, at most 500 bytes. A schema that has a schema_problem accepts every JSON text.
std::optional<std::string> schema_error(const std::string& schema, std::string_view json);

/// None: schema_error can use it. Else what is wrong with the schema, and where.
std::optional<std::string> schema_problem(const std::string& schema);

}  // namespace agentd
