#pragma once

#include <string>
#include <string_view>

#include "core/http.h"

namespace agentd {

/// What HTTP shows of a call outside its body, so that what lies between can route it: parameters whose
/// schema has "x-mcp-header".

/// What is wrong with such marks in the schema of a tool's arguments; empty: nothing.
std::string param_headers_problem(const std::string& schema);
/// The headers of a call. Of a schema with a problem: none.
HttpHeaders param_headers(const std::string& schema, std::string_view arguments);

/// As a header can hold it: =?base64?…?= where it is not plain.
std::string header_value(const std::string& text);
std::string base64(std::string_view bytes);

}  // namespace agentd
