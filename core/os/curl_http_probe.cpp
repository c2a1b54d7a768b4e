#include "core/os/curl_http_probe.h"

#include <curl/curl.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/os/certificates.h"

namespace agentd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kArea = "network";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool has_certificates(const std::string& path) {
  std::error_code missing;
  if (!fs::is_regular_file(path, missing)) return false;
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.find("-----BEGIN ") != std::string::npos;
}

/// Where curl looks if nobody tells it.
std::string certificates_of_curl() {
  const curl_version_info_data* curl = curl_version_info(CURLVERSION_NOW);
  if (curl->age < CURLVERSION_SEVENTH) return "";
  if (curl->cainfo != nullptr && has_certificates(curl->cainfo)) return curl->cainfo;
  std::error_code missing;
  const bool is_folder = curl->capath != nullptr && fs::is_directory(curl->capath, missing);
  return is_folder && !fs::is_empty(curl->capath, missing) ? curl->capath : "";
}

Finding certificates_finding() {
  const char* name = "certificates";
  const std::string file = certificate_file();
  const bool is_chosen = is_chosen_certificate_file();
  if (has_certificates(file)) return {kArea, name, Verdict::Ok, file + (is_chosen ? " (SSL_CERT_FILE)" : "")};
  if (is_chosen)
    return {kArea, name, Verdict::No, "SSL_CERT_FILE names " + file + ", where none can be read",
            "unset SSL_CERT_FILE, or name a file of PEM certificates"};
  const std::string usual = file.empty() ? certificates_of_curl() : "";
  if (!usual.empty()) return {kArea, name, Verdict::Ok, usual};
  return {kArea, name, Verdict::Warn, "there are none to know https servers by",
          "install the package ca-certificates, or set SSL_CERT_FILE"};
}

/// Who uses it and with which password is nobody's business.
std::string without_user(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t at = url.rfind('@');
  return at == std::string::npos || at < begin ? url : url.substr(0, begin) + url.substr(at + 1);
}

/// The variables that curl obeys.
Finding proxy_finding() {
  constexpr std::array kNames = {"HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY",
                                 "all_proxy",   "NO_PROXY",    "no_proxy"};
  std::string text;
  for (const char* name : kNames)
    if (const std::string value = variable(name); !value.empty())
      text.append(text.empty() ? "" : ", ").append(name).append(" ").append(without_user(value));
  return {kArea, "proxy", Verdict::Ok, text.empty() ? "none" : text};
}

}  // namespace

Findings probe_network() {
  return {certificates_finding(), proxy_finding()};
}

}  // namespace agentd
