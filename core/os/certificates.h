#pragma once

#include <string>

namespace agentd {

/// The file of certificates that https servers are known by: what SSL_CERT_FILE names, else the first that is
/// there of those that Linux distributions keep. Empty where none is.
std::string certificate_file();

/// Whether SSL_CERT_FILE names it.
bool is_chosen_certificate_file();

}  // namespace agentd
