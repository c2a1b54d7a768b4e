#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/http.h"
#include "core/model/sigv4.h"

namespace agentd {

// How temporary credentials are asked for, and what is answered: pure.

struct TemporaryCredentials {
  AwsCredentials keys;
  std::optional<std::int64_t> expires_ms;  ///< wall clock; none: the answer did not say
};

/// AssumeRoleWithWebIdentity at a security token service.
struct WebIdentity {
  std::string endpoint;  ///< without a slash at its end
  std::string role_arn;
  std::string session_name;
  std::string token;
};
HttpRequest web_identity_request(const WebIdentity& identity);
/// None if the answer has no keys.
std::optional<TemporaryCredentials> read_web_identity(std::string_view xml);

/// The agent that containers are given: ECS, EKS and compatible ones. `token` may be empty.
HttpRequest container_request(const std::string& url, const std::string& token);
std::optional<TemporaryCredentials> read_container(std::string_view json);
/// Whether keys may be asked for there: over https, or on this host and the two addresses of AWS.
bool is_container_url(std::string_view url);

/// "Code: message" of an error in XML or JSON; empty if there is none.
std::string read_aws_error(std::string_view body);

}  // namespace agentd
