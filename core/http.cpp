#include "core/http.h"

#include <algorithm>

namespace agentd {
namespace {

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view authority(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

}  // namespace

std::string without_slashes(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::string_view url_user(std::string_view url) {
  const std::string_view place = authority(url);
  const std::size_t at = place.rfind('@');
  return at == std::string_view::npos ? std::string_view() : place.substr(0, at);
}

std::string_view host_of(std::string_view url) {
  const std::string_view place = authority(url);
  return place.substr(place.rfind('@') + 1);
}

const std::string* find_header(const HttpHeaders& headers, std::string_view name) {
  const auto same = [](char a, char b) { return to_lower(a) == to_lower(b); };
  for (const auto& [key, value] : headers) {
    if (std::equal(key.begin(), key.end(), name.begin(), name.end(), same)) return &value;
  }
  return nullptr;
}

}  // namespace agentd
