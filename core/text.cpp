#include "core/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <numeric>

#include "core/error.h"

namespace agentd {

namespace {

struct Unit {
  std::string_view suffix;
  std::int64_t milliseconds;
};
constexpr std::int64_t kLongestDurationMs = 100LL * 366 * 86'400'000;  // far from overflow in any clock
constexpr std::array kUnits{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000},
                            Unit{"ms", 1}};

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// What {{name}} stands for; none if it is no template of ours.
std::optional<std::string_view> look_up(std::string_view name, const Inputs& inputs,
                                        std::span<const std::string_view> observations) {
  constexpr std::string_view kInput = "inputs.";
  constexpr std::string_view kObservation = "observations[";
  if (name.starts_with(kInput)) {
    const auto found = inputs.find(std::string(name.substr(kInput.size())));
    if (found == inputs.end())
      throw Error(Exit::Usage, "{{" + std::string(name) + "}}: there is no such input");
    return found->second;
  }
  if (name.starts_with(kObservation) && name.ends_with("]")) {
    const auto digits = name.substr(kObservation.size(), name.size() - kObservation.size() - 1);
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    if (error != std::errc() || end != digits.data() + digits.size() || index >= observations.size())
      throw Error(Exit::Usage, "{{" + std::string(name) + "}}: there are " +
                                   std::to_string(observations.size()) + " observations, counted from 0");
    return observations[index];
  }
  return std::nullopt;
}

/// Length of the valid UTF-8 sequence that `text` begins with; 0 if it begins with none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80U) return 1;
  if (lead >= 0xC2U && lead <= 0xDFU) return continues(1) ? 2 : 0;
  if (lead >= 0xE0U && lead <= 0xEFU) {
    const unsigned low = lead == 0xE0U ? 0xA0U : 0x80U;
    const unsigned high = lead == 0xEDU ? 0x9FU : 0xBFU;  // U+D800…U+DFFF are surrogates
    return byte(1) >= low && byte(1) <= high && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0U && lead <= 0xF4U) {
    const unsigned low = lead == 0xF0U ? 0x90U : 0x80U;
    const unsigned high = lead == 0xF4U ? 0x8FU : 0xBFU;  // U+10FFFF is the last
    return byte(1) >= low && byte(1) <= high && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// How many letters to change, insert, leave out or swap with their neighbour.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last, last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U), last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last.back();
}

}  // namespace

std::string render_template(std::string_view text, const Inputs& inputs,
                            std::span<const std::string_view> observations) {
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t open = text.find("{{", at);
    const std::size_t close = open == std::string_view::npos ? open : text.find("}}", open);
    if (close == std::string_view::npos) return out.append(text.substr(at));
    const auto value = look_up(trim(text.substr(open + 2, close - open - 2)), inputs, observations);
    out.append(text.substr(at, open - at));
    if (value) {
      out.append(*value);
      at = close + 2;
    } else {
      out.append("{{");
      at = open + 2;
    }
  }
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || number < 0) return std::nullopt;
  const std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : kUnits)
    if (suffix == unit.suffix && number <= kLongestDurationMs / unit.milliseconds)
      return number * unit.milliseconds;
  return std::nullopt;
}

std::string format_duration(std::int64_t milliseconds) {
  if (milliseconds == 0) return "0s";
  for (const Unit& unit : kUnits)
    if (milliseconds % unit.milliseconds == 0)
      return std::to_string(milliseconds / unit.milliseconds) + std::string(unit.suffix);
  return std::to_string(milliseconds) + "ms";
}

std::string format_time(std::int64_t wall_ms) {
  using namespace std::chrono;
  const sys_seconds moment{seconds(wall_ms >= 0 ? wall_ms / 1000 : (wall_ms - 999) / 1000)};
  const sys_days day = floor<days>(moment);
  const year_month_day date(day);
  const hh_mm_ss time(moment - day);
  std::array<char, 80> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return out.data();
}

namespace {

/// A whole number of so many digits.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  if (text.size() < at + count || text[at] == '-') return std::nullopt;
  const char* end = text.data() + at + count;
  const auto [rest, error] = std::from_chars(text.data() + at, end, value);
  return error == std::errc() && rest == end ? std::optional(value) : std::nullopt;
}

/// Minutes of "Z" or "+01:30".
std::optional<int> offset_of(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  const auto hours = digits(text, 1, 2);
  const auto minutes = digits(text, 4, 2);
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' || !hours || !minutes ||
      *hours > 23 || *minutes > 59)
    return std::nullopt;
  return (text[0] == '-' ? -1 : 1) * (*hours * 60 + *minutes);
}

}  // namespace

std::optional<std::int64_t> parse_time(std::string_view text) {
  constexpr std::array<std::pair<std::size_t, std::size_t>, 6> kParts{
      {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}}};
  std::array<int, 6> parts{};
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    const auto part = digits(text, kParts[i].first, kParts[i].second);
    if (!part) return std::nullopt;
    parts[i] = *part;
  }
  const bool has_marks = text[4] == '-' && text[7] == '-' &&
                         (text[10] == 'T' || text[10] == 't' || text[10] == ' ') && text[13] == ':' &&
                         text[16] == ':';
  std::string_view rest = text.substr(19);
  if (rest.starts_with('.') && digits(rest, 1, 1))
    rest.remove_prefix(std::min(rest.find_first_not_of("0123456789", 1), rest.size()));
  const auto offset = offset_of(rest);
  const std::chrono::year_month_day day{std::chrono::year(parts[0]),
                                        std::chrono::month(static_cast<unsigned>(parts[1])),
                                        std::chrono::day(static_cast<unsigned>(parts[2]))};
  if (!has_marks || !offset || !day.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 60)
    return std::nullopt;
  const auto minutes = std::chrono::sys_days(day).time_since_epoch() / std::chrono::minutes(1) +
                       parts[3] * 60 + parts[4] - *offset;
  return (static_cast<std::int64_t>(minutes) * 60 + parts[5]) * 1000;
}

std::string_view trimmed(std::string_view text, std::string_view what) {
  const std::size_t begin = text.find_first_not_of(what);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(what) + 1 - begin);
}

std::string to_valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = utf8_length(bytes.substr(at));
    out.append(length > 0 ? bytes.substr(at, length) : "\xEF\xBF\xBD");
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string cut_middle(std::string_view text, std::size_t limit, std::string_view mark) {
  if (text.size() <= limit) return std::string(text);
  const std::size_t room = limit > mark.size() + 2 ? limit - mark.size() - 2 : 0;
  std::size_t head = room - room / 2;
  std::size_t tail = text.size() - room / 2;
  while (head > 0 && is_continuation(text[head])) --head;
  while (tail < text.size() && is_continuation(text[tail])) ++tail;
  return std::string(text.substr(0, head)).append("\n").append(mark).append("\n").append(text.substr(tail));
}

std::string percent_encode(std::string_view text, std::string_view kept) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kept.find(c) != std::string_view::npos;
    if (plain)
      encoded += c;
    else
      encoded.append("%") += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return encoded;
}

/// Only the last star is ever gone back to: what an earlier one could match, this one can as well.
bool fits_glob(std::string_view text, std::string_view pattern) {
  std::size_t at = 0;
  std::size_t next = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_at = 0;
  while (at < text.size()) {
    if (next < pattern.size() && pattern[next] == '*') {
      star = next++;
      star_at = at;
    } else if (next < pattern.size() && (pattern[next] == '?' || pattern[next] == text[at])) {
      ++next;
      ++at;
    } else if (star != std::string_view::npos) {
      next = star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', next) == std::string_view::npos;
}

std::string hash_hex(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  std::array<char, 17> out{};
  std::snprintf(out.data(), out.size(), "%016llx", static_cast<unsigned long long>(hash));
  return out.data();
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t far = distance(word, candidate);
    if (far < least) {
      least = far;
      best = candidate;
    }
  }
  return best;
}

}  // namespace agentd
