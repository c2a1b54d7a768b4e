#include "core/os/certificates.h"

#include <unistd.h>

#include <array>
#include <cstdlib>

namespace agentd {

bool is_chosen_certificate_file() {
  const char* chosen = std::getenv("SSL_CERT_FILE");
  return chosen != nullptr && *chosen != '\0';
}

std::string certificate_file() {
  if (is_chosen_certificate_file()) return std::getenv("SSL_CERT_FILE");
  // libcurl knows the place of the distribution it was built on alone.
  constexpr std::array kPlaces = {"/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu
                                  "/etc/pki/tls/certs/ca-bundle.crt",    // Amazon Linux, Fedora, Red Hat
                                  "/etc/ssl/ca-bundle.pem",              // openSUSE
                                  "/etc/ssl/cert.pem"};                  // Alpine
  for (const char* place : kPlaces)
    if (::access(place, R_OK) == 0) return place;
  return "";
}

}  // namespace agentd
