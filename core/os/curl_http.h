#pragma once

#include <memory>

#include "core/http.h"

namespace agentd {

/// HTTP over libcurl; connections are kept between exchanges. Proxies and SSL_CERT_FILE as curl reads them.
std::unique_ptr<HttpTransport> make_curl_http();

}  // namespace agentd
