#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace agentd {

/// JSON objects as small models write them.

/// Where the object that begins at `at` ends; none if it never does.
std::optional<std::size_t> object_end(std::string_view text, std::size_t at);

/// The text as an object, its two commonest slips mended: bare line ends in texts, commas before a close.
std::optional<std::string> to_object(std::string_view text);

}  // namespace agentd
