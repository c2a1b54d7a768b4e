#include "tools/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/text.h"
#include "tools/entities.h"

namespace agentd {
namespace {

constexpr std::size_t kLooksInto = 1024;  // as browsers do

// What iconv may be asked for: stateful sets, which have had their overflows, are not among them.
constexpr std::array<std::string_view, 37> kConverted = {
    "big5",         "euc-jp",       "euc-kr",       "gb18030",      "gb2312",       "gbk",
    "ibm866",       "iso-8859-10",  "iso-8859-13",  "iso-8859-14",  "iso-8859-15",  "iso-8859-16",
    "iso-8859-2",   "iso-8859-3",   "iso-8859-4",   "iso-8859-5",   "iso-8859-6",   "iso-8859-7",
    "iso-8859-8",   "iso-8859-9",   "koi8-r",       "koi8-u",       "macintosh",    "shift_jis",
    "utf-16be",     "utf-16le",     "windows-1250", "windows-1251", "windows-1253", "windows-1254",
    "windows-1255", "windows-1256", "windows-1257", "windows-1258", "windows-31j",  "windows-874",
    "x-sjis"};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

/// The word behind "charset=" or "encoding="; empty if there is none.
std::string word_behind(const std::string& text, std::string_view key) {
  std::size_t at = text.find(key);
  if (at == std::string::npos) return "";
  at = text.find_first_not_of(" \t\r\n", at + key.size());
  if (at == std::string::npos || text[at] != '=') return "";
  at = text.find_first_not_of(" \t\r\n\"'", at + 1);
  if (at == std::string::npos) return "";
  return text.substr(at, text.find_first_of(" \t\r\n\"';,/>?", at) - at);
}

std::string declared(std::string_view bytes, std::string_view content_type) {
  if (bytes.starts_with("\xef\xbb\xbf")) return "utf-8";
  if (bytes.starts_with("\xff\xfe")) return "utf-16le";
  if (bytes.starts_with("\xfe\xff")) return "utf-16be";
  std::string name = word_behind(lower(content_type), "charset");
  if (!name.empty()) return name == "utf-16" ? "utf-16le" : name;
  const std::string begin = lower(bytes.substr(0, kLooksInto));
  if (begin.starts_with("<?xml")) name = word_behind(begin.substr(0, begin.find('>')), "encoding");
  const std::size_t meta = begin.find("<meta");
  if (name.empty() && meta != std::string::npos) name = word_behind(begin.substr(meta), "charset");
  return name.starts_with("utf-16") ? "utf-8" : name;  // it could not have been read so far
}

std::string from_windows_1252(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) append_utf8(text, windows_1252(static_cast<unsigned char>(c)));
  return text;
}

/// Bytes that make no sense become U+FFFD. What this machine cannot convert is taken for UTF-8.
std::string convert(std::string_view bytes, const std::string& name) {
  const iconv_t converter = ::iconv_open("UTF-8", name.c_str());
  if (converter == reinterpret_cast<iconv_t>(-1)) return to_valid_utf8(bytes);
  std::string text;
  std::string input(bytes);
  char* from = input.data();
  std::size_t left = input.size();
  std::array<char, 8192> buffer;
  while (left > 0) {
    char* to = buffer.data();
    std::size_t room = buffer.size();
    const bool has_failed = ::iconv(converter, &from, &left, &to, &room) == static_cast<std::size_t>(-1);
    text.append(buffer.data(), buffer.size() - room);
    if (!has_failed || errno == E2BIG) continue;
    append_utf8(text, 0xfffd);
    ++from;
    --left;
  }
  ::iconv_close(converter);
  return to_valid_utf8(text);
}

}  // namespace

std::string to_utf8(std::string_view bytes, std::string_view content_type) {
  const std::string name = declared(bytes, content_type);
  std::string text;
  if (std::find(kConverted.begin(), kConverted.end(), name) != kConverted.end())
    text = convert(bytes, name == "x-sjis" ? "shift_jis" : name);
  else if (name == "iso-8859-1" || name == "latin1" || name == "windows-1252" || name == "cp1252")
    text = from_windows_1252(bytes);
  else
    text = to_valid_utf8(bytes);
  // Many do not say, and are old; some say and are wrong.
  const bool is_known = !name.empty() && name != "us-ascii" && name != "ascii";
  if (!is_known && text != bytes) text = from_windows_1252(bytes);
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

}  // namespace agentd
