#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/task.h"

namespace agentd {

/// Replaces {{inputs.NAME}} and {{observations[N]}}. Everything else in braces stays as it is; a name or
/// number that does not exist throws Error(Usage) naming it.
std::string render_template(std::string_view text, const Inputs& inputs,
                            std::span<const std::string_view> observations = {});

/// "90s", "15m", "36h", "30d", "250ms" → milliseconds; none for anything else.
std::optional<std::int64_t> parse_duration(std::string_view text);
/// The shortest exact form: 90000 → "90s".
std::string format_duration(std::int64_t milliseconds);
/// 2026-11-22T13:27:00Z
std::string format_time(std::int64_t wall_ms);

/// The same and back, with fractions and offsets of RFC 3339; none for anything else.
std::optional<std::int64_t> parse_time(std::string_view text);

/// Without the characters of `what` at both ends.
std::string_view trimmed(std::string_view text, std::string_view what = " \t\r\n");
/// Each byte that is not part of valid UTF-8 becomes U+FFFD.
std::string to_valid_utf8(std::string_view bytes);
/// At most `limit` bytes: head and tail, with `mark` on a line of its own between; never splits a character.
std::string cut_middle(std::string_view text, std::size_t limit, std::string_view mark);
/// Everything but A-Z a-z 0-9 and what is to be kept as %XX.
std::string percent_encode(std::string_view text, std::string_view kept = "-._~");
/// Whether the whole text is as the pattern says: * stands for any characters, ? for one byte.
bool fits_glob(std::string_view text, std::string_view pattern);
/// FNV-1a, 64 bits, as 16 hex digits. Names things; protects nothing.
std::string hash_hex(std::string_view text);
/// The known word that `word` was probably meant to be; empty if none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace agentd
