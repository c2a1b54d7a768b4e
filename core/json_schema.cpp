#include "core/json_schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/json_text.h"
#include "core/schema_check.h"
#include "core/schema_form.h"
#include "core/schema_rules.h"

namespace agentd {
namespace {

using json = nlohmann::json;

constexpr std::size_t kLongestSchema = 256 * 1024;

std::string explain(std::vector<SchemaFinding> findings) {
  constexpr std::size_t kMostTold = 5;
  constexpr std::size_t kLongestText = 500;
  constexpr std::string_view kMore = "; and more";
  // What is missing first: it may tell what an unknown name was meant to be.
  std::stable_partition(findings.begin(), findings.end(),
                        [](const SchemaFinding& finding) { return finding.words != "is unknown"; });
  std::vector<std::string> parts;
  for (const auto& [place, words] : findings) {
    std::string part = place.empty() ? words : quotable(place) + ": " + words;
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(std::move(part));
  }
  std::string text;
  std::size_t told = 0;
  for (; told < std::min(parts.size(), kMostTold); ++told) {
    const std::string next = (text.empty() ? "" : "; ") + parts[told];
    if (text.size() + next.size() + kMore.size() > kLongestText) break;
    text += next;
  }
  if (text.empty()) return parts.empty() ? "does not fit the schema" : quotable(parts.front());
  return told < parts.size() ? text.append(kMore) : text;
}

/// None: no JSON, or too deep.
std::optional<json> parse(std::string_view text) {
  json value = is_json(text) ? json::parse(text, nullptr, false) : json(json::value_t::discarded);
  return value.is_discarded() ? std::nullopt : std::optional(std::move(value));
}

/// Returns what is wrong with the schema; empty: nothing.
std::string read_schema(const std::string& text, json& schema) {
  if (text.size() > kLongestSchema) return "it is longer than " + std::to_string(kLongestSchema) + " bytes";
  std::optional<json> document = parse(text);
  if (!document) return "it is not valid JSON, or nested too deeply";
  schema = std::move(*document);
  return schema_form_problem(schema);
}

}  // namespace

std::optional<std::string> schema_error(const std::string& schema_text, std::string_view json_text) {
  const std::optional<json> value = parse(json_text);
  if (!value) return "must be valid JSON that is not nested too deeply";
  json schema;
  if (!read_schema(schema_text, schema).empty()) return std::nullopt;
  try {
    if (fits_schema(schema, *value)) return std::nullopt;
  } catch (const TooMuch&) {
    return "is too large to be checked against the schema";
  }
  return explain(schema_findings(schema, *value));
}

std::optional<std::string> schema_problem(const std::string& schema_text) {
  json schema;
  std::string problem = read_schema(schema_text, schema);
  return problem.empty() ? std::nullopt : std::optional(std::move(problem));
}

}  // namespace agentd
