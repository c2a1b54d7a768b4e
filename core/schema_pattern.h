#pragma once

#include <string>
#include <string_view>

namespace agentd {

/// False only if it is sure that no part of `text` matches the regular expression of a JSON Schema. Patterns
/// that std::regex does not know, and those that would take long, match everything.
bool may_match(const std::string& pattern, std::string_view text);

}  // namespace agentd
