#include "tools/html_tokens.h"

#include <algorithm>
#include <array>

#include "tools/entities.h"

namespace agentd {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f";
constexpr std::size_t kMostAttributes = 32;
// Nobody reads what stands in these.
constexpr std::array<std::string_view, 5> kUnread = {"iframe", "noembed", "noframes", "script", "style"};
// Text, but never markup.
constexpr std::array<std::string_view, 3> kPlain = {"textarea", "title", "xmp"};

template <std::size_t Size>
bool is_in(const std::array<std::string_view, Size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_letter(char c) {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

bool begins_tag(std::string_view text) {
  if (text.size() < 2) return false;
  const char c = text[1];
  return is_letter(c) || c == '/' || c == '!' || c == '?';
}

std::string take_name(std::string_view& text, std::string_view ends) {
  const std::size_t end = std::min(text.find_first_of(ends), text.size());
  std::string name(text.substr(0, end));
  std::transform(name.begin(), name.end(), name.begin(), to_lower);
  text.remove_prefix(end);
  return name;
}

void skip_space(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
}

}  // namespace

const std::string* HtmlToken::find(std::string_view attribute) const {
  for (const auto& one : attributes)
    if (one.first == attribute) return &one.second;
  return nullptr;
}

std::string_view HtmlToken::value(std::string_view attribute) const {
  const std::string* found = find(attribute);
  return found != nullptr ? std::string_view(*found) : std::string_view();
}

bool HtmlTokens::next(HtmlToken& token) {
  while (!rest_.empty()) {
    const bool is_markup = raw_.empty() && rest_[0] == '<' && begins_tag(rest_);
    if (is_markup ? next_markup(token) : next_text(token)) return true;
  }
  return false;
}

bool HtmlTokens::next_text(HtmlToken& token) {
  token.kind = HtmlToken::Kind::Text;
  if (!raw_.empty()) {
    const std::string_view text = take_until_close(raw_);
    const bool is_read = is_in(kPlain, raw_);
    token.text = raw_ == "xmp" ? std::string(text) : decode_entities(text, EntityPlace::Text);
    raw_.clear();
    return is_read && !text.empty();
  }
  std::size_t end = 1;
  while (end < rest_.size() && !(rest_[end] == '<' && begins_tag(rest_.substr(end)))) ++end;
  token.text = decode_entities(rest_.substr(0, end), EntityPlace::Text);
  rest_.remove_prefix(end);
  return true;
}

bool HtmlTokens::next_markup(HtmlToken& token) {
  const std::string_view start = rest_.substr(0, 3);
  if (start.starts_with("<!") || start.starts_with("<?")) {
    skip_comment();
    return false;
  }
  const bool is_close = start[1] == '/';
  if (is_close && !(start.size() > 2 && is_letter(start[2]))) {
    skip_past(">");
    return false;
  }
  token.kind = is_close ? HtmlToken::Kind::Close : HtmlToken::Kind::Open;
  rest_.remove_prefix(is_close ? 2 : 1);
  return read_tag(token);
}

/// False for a tag that the end of the page cuts off.
bool HtmlTokens::read_tag(HtmlToken& token) {
  token.text.clear();
  token.attributes.clear();
  token.is_closed = false;
  token.name = take_name(rest_, " \t\r\n\f/>");
  for (;;) {
    while (!rest_.empty() && (rest_[0] == '/' || kSpace.find(rest_[0]) != std::string_view::npos)) {
      token.is_closed = token.name == "svg" && rest_[0] == '/';
      rest_.remove_prefix(1);
    }
    if (rest_.empty()) return false;
    if (rest_[0] == '>') break;
    std::pair<std::string, std::string> attribute = read_attribute();
    if (token.attributes.size() < kMostAttributes) token.attributes.push_back(std::move(attribute));
  }
  rest_.remove_prefix(1);
  const bool is_raw = is_in(kUnread, token.name) || is_in(kPlain, token.name);
  if (token.kind == HtmlToken::Kind::Open && is_raw) raw_ = token.name;
  return true;
}

std::pair<std::string, std::string> HtmlTokens::read_attribute() {
  const std::string_view first = rest_.substr(0, 1);  // a '=' here belongs to the name
  rest_.remove_prefix(1);
  std::string name = take_name(rest_, " \t\r\n\f/>=");
  name.insert(0, 1, to_lower(first[0]));
  skip_space(rest_);
  if (!rest_.starts_with('=')) return {name, ""};
  rest_.remove_prefix(1);
  skip_space(rest_);
  return {name, read_value()};
}

std::string HtmlTokens::read_value() {
  if (rest_.empty()) return "";
  const char quote = rest_[0];
  const bool is_quoted = quote == '"' || quote == '\'';
  if (is_quoted) rest_.remove_prefix(1);
  const std::size_t end =
      std::min(is_quoted ? rest_.find(quote) : rest_.find_first_of(" \t\r\n\f>"), rest_.size());
  const std::string value = decode_entities(rest_.substr(0, end), EntityPlace::Attribute);
  rest_.remove_prefix(end);
  if (is_quoted && !rest_.empty()) rest_.remove_prefix(1);
  return value;
}

/// "<!--…-->", "<!doctype …>", "<?…>".
void HtmlTokens::skip_comment() {
  if (!rest_.starts_with("<!--")) return skip_past(">");
  rest_.remove_prefix(4);
  if (rest_.starts_with(">") || rest_.starts_with("->")) return skip_past(">");
  skip_past("-->");
}

void HtmlTokens::skip_past(std::string_view end) {
  const std::size_t at = rest_.find(end);
  rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + end.size());
}

/// The text before "</name"; all that is left if that never comes.
std::string_view HtmlTokens::take_until_close(std::string_view name) {
  std::size_t at = 0;
  for (; (at = rest_.find("</", at)) != std::string_view::npos; at += 2) {
    const std::string_view found = rest_.substr(at + 2, name.size());
    const auto same = [](char a, char b) { return to_lower(a) == b; };
    if (!std::equal(found.begin(), found.end(), name.begin(), name.end(), same)) continue;
    const std::string_view after = rest_.substr(at + 2 + name.size(), 1);
    if (after.empty() || std::string_view(" \t\r\n\f/>").find(after[0]) != std::string_view::npos) break;
  }
  const std::string_view text = rest_.substr(0, at);
  rest_.remove_prefix(text.size());
  return text;
}

}  // namespace agentd
