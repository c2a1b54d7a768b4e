#pragma once

#include <string_view>

namespace agentd {

/// A JSON Schema that says "type": "object" at its top.
bool is_object_schema(std::string_view schema);

/// Whether OpenAI's strict mode surely takes the schema. Stricter than OpenAI where its limits have changed
/// or differ from model to model: what it refuses, it refuses for ever.
bool is_strict_schema(std::string_view schema);

}  // namespace agentd
