#pragma once

#include <cstdint>
#include <string>

#include "core/http.h"

namespace agentd {

struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  ///< empty: the keys are not temporary
  bool operator==(const AwsCredentials&) const = default;
};

/// What a signature is good for.
struct SigningScope {
  std::string region;
  std::string service;
};

/// AWS Signature Version 4: adds x-amz-date, x-amz-security-token and Authorization, once. Signs the host,
/// Content-Type, both of these and the body. The URL must be the one that is sent, byte for byte.
void sign_request(HttpRequest& request, const AwsCredentials& credentials, const SigningScope& scope,
                  std::int64_t wall_ms);

}  // namespace agentd
