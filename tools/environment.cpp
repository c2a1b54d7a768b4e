#include <algorithm>
#include <array>

#include "tools/tools.h"

namespace agentd {
namespace {

constexpr std::array<std::string_view, 11> kPassed = {
    "HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "SSL_CERT_FILE", "TERM", "TMPDIR", "TZ", "USER"};
constexpr std::array<std::string_view, 8> kProxies = {"ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY",  "NO_PROXY",
                                                      "all_proxy", "http_proxy",  "https_proxy", "no_proxy"};

template <std::size_t Size>
bool is_in(const std::array<std::string_view, Size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool may_pass(std::string_view name, std::string_view value) {
  if (is_in(kProxies, name)) return value.find('@') == std::string_view::npos;
  return is_in(kPassed, name) || name.starts_with("LC_");
}

}  // namespace

std::map<std::string, std::string> tool_environment(const char* const* environ) {
  std::map<std::string, std::string> passed;
  for (; *environ != nullptr; ++environ) {
    const std::string_view variable = *environ;
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = variable.substr(0, equals);
    const std::string_view value = variable.substr(equals + 1);
    if (may_pass(name, value)) passed.emplace(name, value);
  }
  return passed;
}

}  // namespace agentd
