#include "core/store/inbox.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <sstream>

#include "core/error.h"
#include "core/store/files.h"
#include "core/text.h"

namespace agentd {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr std::array<const char*, 4> kKinds{"say", "cancel", "approve", "deny"};
constexpr std::size_t kTimeDigits = 20;
constexpr off_t kLargest = 1 << 20;

/// The time in a letter's name, 0 in other names.
std::int64_t time_of(const std::string& name) {
  std::int64_t time_ms = 0;
  const char* digits_end = name.data() + std::min(name.size(), kTimeDigits);
  const auto [end, error] = std::from_chars(name.data(), digits_end, time_ms);
  return error == std::errc() && end == digits_end && name.size() > kTimeDigits && *end == '-' ? time_ms : 0;
}

std::string random_tail() {
  std::random_device random;
  std::ostringstream tail;
  tail << '-' << std::setfill('0') << std::hex << std::setw(8) << random() << std::setw(8) << random();
  return tail.str();
}

std::string tail_of(const std::string& key) {
  return "-" + hash_hex(key).substr(0, 16);
}

/// Sorts after all `names` whatever the clocks say. Its tail makes it one that never comes again: it tells
/// the run which letters it knows.
std::string next_id(const std::vector<std::string>& names, std::int64_t now_ms, const std::string& tail) {
  for (const std::string& name : names) now_ms = std::max(now_ms, time_of(name) + 1);
  std::ostringstream id;
  id << std::setfill('0') << std::setw(kTimeDigits) << now_ms << tail;
  return id.str();
}

/// What a letter is sealed for: it opens under its own name alone.
std::string place_of(const std::string& id) {
  return "letter " + id;
}

/// None for whatever is no letter: a stranger's file must not stop a run.
std::optional<std::string> text_of_letter(const fs::path& path, const std::optional<DataKey>& key) {
  // Nonblocking: it may be a pipe.
  const Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat found = {};
  if (!file || ::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode) || found.st_size > kLargest)
    return {};
  std::string bytes = read_all(file.get(), path);
  return key ? key->open(bytes, place_of(path.filename())) : bytes;
}

std::optional<Letter> letter_from(const fs::path& path, const std::optional<DataKey>& key) {
  const json letter = json::parse(text_of_letter(path, key).value_or(""), nullptr, false);
  if (!letter.is_object()) return {};
  const auto kind = letter.find("kind"), text = letter.find("text");
  if (kind == letter.end() || text == letter.end() || !text->is_string()) return {};
  const auto* known = std::find(kKinds.begin(), kKinds.end(), *kind);
  if (known == kKinds.end()) return {};
  Letter result{path.filename().string(), static_cast<Letter::Kind>(known - kKinds.begin()),
                text->get<std::string>()};
  if (result.kind != Letter::Kind::Approve && result.kind != Letter::Kind::Deny) return result;
  try {
    result.call = call_id_from_string(letter.value("call", ""));
  } catch (const Error&) {
    return {};
  } catch (const json::exception&) {
    return {};
  }
  return result;
}

}  // namespace

std::int64_t left_at_ms(const Letter& letter) {
  return time_of(letter.id);
}

bool has_key(const std::string& id, const std::string& key) {
  return id.ends_with(tail_of(key));
}

std::vector<Letter> InboxFolder::read() {
  std::vector<std::string> names = list_folder(paths_.inbox());
  std::sort(names.begin(), names.end());
  std::vector<Letter> letters;
  for (const std::string& name : names) {
    if (name.starts_with(".")) continue;
    if (std::optional<Letter> letter = letter_from(paths_.inbox() / name, key_))
      letters.push_back(std::move(*letter));
  }
  return letters;
}

void InboxFolder::remove(const Letter& letter) {
  const fs::path path = paths_.inbox() / letter.id;
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_errno("remove", path, errno);
}

void InboxFolder::leave(const Letter& letter, std::int64_t now_ms, const std::string& key) {
  json form = {{"kind", kKinds.at(static_cast<std::size_t>(letter.kind))}, {"text", letter.text}};
  if (letter.call != CallId{}) form["call"] = to_string(letter.call);
  const std::string tail = key.empty() ? random_tail() : tail_of(key);
  const std::string id = next_id(list_folder(paths_.inbox()), now_ms, tail);
  const std::string text = form.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  publish(paths_.inbox() / id, key_ ? key_->close(text, place_of(id)) : text);
}

void InboxFolder::copy_to(const InboxFolder& other) const {
  for (const std::string& name : list_folder(paths_.inbox()))
    if (const auto text = text_of_letter(paths_.inbox() / name, key_))
      publish(other.paths_.inbox() / name, other.key_ ? other.key_->close(*text, place_of(name)) : *text);
}

}  // namespace agentd
