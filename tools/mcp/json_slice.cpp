#include "tools/mcp/json_slice.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace agentd {
namespace {

/// Walks through valid JSON, and never past its end where it is not.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  char next() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void skip() { at_ = std::min(at_ + 1, text_.size()); }

  std::string_view value() {
    const char first = next();
    const std::size_t begin = at_;
    if (first == '"') {
      skip_string();
    } else if (first == '{' || first == '[') {
      skip_nested();
    } else {
      at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
    }
    return text_.substr(begin, at_ - begin);
  }

 private:
  void skip_string() {
    skip();
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') skip();
      skip();
    }
    skip();
  }

  void skip_nested() {
    std::size_t depth = 0;
    do {
      at_ = std::min(text_.find_first_of("\"[]{}", at_), text_.size());
      if (at_ == text_.size()) return;
      if (text_[at_] == '"') {
        skip_string();
        continue;
      }
      depth = text_[at_] == '{' || text_[at_] == '[' ? depth + 1 : depth - 1;
      skip();
    } while (depth > 0);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

void for_each_member(std::string_view object,
                     const std::function<void(std::string_view key, std::string_view value)>& visit) {
  Walker walker(object);
  if (walker.next() != '{') return;
  walker.skip();
  while (walker.next() == '"') {
    std::string_view key = walker.value();
    key = key.substr(1, key.size() - 2);
    if (walker.next() != ':') return;
    walker.skip();
    visit(key, walker.value());
    if (walker.next() == ',') walker.skip();
  }
}

void for_each_item(std::string_view array, const std::function<void(std::string_view value)>& visit) {
  Walker walker(array);
  if (walker.next() != '[') return;
  walker.skip();
  for (char next = walker.next(); next != ']' && next != '\0'; next = walker.next()) {
    const std::string_view item = walker.value();
    if (item.empty()) return;
    visit(item);
    if (walker.next() == ',') walker.skip();
  }
}

std::string_view json_member(std::string_view object, std::string_view key) {
  std::string_view found;
  for_each_member(object, [&](std::string_view one, std::string_view value) {
    if (one == key) found = value;
  });
  return found;
}

std::string json_text(std::string_view value) {
  if (!value.starts_with('"')) return "";
  const auto json = nlohmann::json::parse(value, nullptr, false);
  return json.is_string() ? json.get<std::string>() : "";
}

}  // namespace agentd
