#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace agentd {

enum class EntityPlace { Text, Attribute };

/// Replaces HTML's character references: &amp; &#65; &#x41;. Those it does not know stay as they are.
std::string decode_entities(std::string_view text, EntityPlace place);

/// Nothing that is no character comes out: such code points become U+FFFD.
void append_utf8(std::string& out, std::uint32_t code_point);

/// Without the characters that nobody sees: they hide words in words, and texts from people.
std::string without_invisible(std::string_view text);

/// The 32 characters that windows-1252 has where Latin-1 has control codes, from 0x80.
std::uint32_t windows_1252(unsigned char byte);

}  // namespace agentd
