#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace agentd {

/// Parts of a JSON text as they were written: a schema or a result goes on byte for byte, and a message of
/// many megabytes costs no tree. The text must be valid: see is_json.

/// Keys come as they are written between their quotes.
void for_each_member(std::string_view object,
                     const std::function<void(std::string_view key, std::string_view value)>& visit);
void for_each_item(std::string_view array, const std::function<void(std::string_view value)>& visit);
/// The value of the last member of that key, empty if there is none.
std::string_view json_member(std::string_view object, std::string_view key);
/// What a JSON string says, empty for any other value.
std::string json_text(std::string_view value);

}  // namespace agentd
