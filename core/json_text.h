#pragma once

#include <string>
#include <string_view>

namespace agentd {

/// JSON as text, without a tree: histories are megabytes and are written and checked at every step.

/// Appends `text` as a JSON string, quotes included. Invalid UTF-8 is replaced.
void append_json_string(std::string& out, std::string_view text);

/// Whether `text` is one valid JSON value, nested no deeper than 200: deeper ones break programs. Neither
/// UTF-8 nor the size of numbers is checked.
bool is_json(std::string_view text);
bool is_json_object(std::string_view text);

/// The same JSON, but that U+FFFD stands for each escaped half of a surrogate pair without its other half:
/// some programs write such, and parsers refuse all that they stand in.
std::string with_whole_escapes(std::string_view json);

}  // namespace agentd
