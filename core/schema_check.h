#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace agentd {

struct SchemaFinding {
  std::string place;  ///< JSON pointer
  std::string words;  ///< "must be a string"
};

/// Both take a schema without a schema_form_problem. Throws TooMuch if it would take long.
bool fits_schema(const nlohmann::json& schema, const nlohmann::json& value);
/// The first few things that are wrong with a value that does not fit.
std::vector<SchemaFinding> schema_findings(const nlohmann::json& schema, const nlohmann::json& value);

}  // namespace agentd
