#pragma once

#include <optional>
#include <string>
#include <variant>

#include "core/clock.h"
#include "core/http.h"
#include "core/model.h"
#include "core/model/aws_fetch.h"
#include "core/model/aws_profile.h"
#include "core/secrets.h"

namespace agentd {

/// AWS_REGION, AWS_DEFAULT_REGION or the profile's. Throws Error(Usage) if there is none.
std::string aws_region(const Environment& environment, const AwsProfile& profile);
/// The host of a service, as its partition has it.
std::string aws_host(const std::string& service, const std::string& region);

/// Finds credentials where the AWS SDKs do, in their order: the keys in the environment, a web identity, the
/// profile's keys, the container's agent. The keys in the environment win over AWS_PROFILE, as in botocore.
/// Instance metadata (EC2) is not asked.
class AwsCredentialSource {
 public:
  struct World {
    HttpTransport& http;
    Clock& clock;
    Secrets& secrets;  ///< taught the tokens and the keys that they are good for
    Environment environment;
    ReadFile read_file;
  };
  using Result = std::variant<AwsCredentials, ModelFailed, Interrupted>;

  /// Sends nothing. Throws Error(Usage) that names what to set if there is nowhere to get credentials from.
  AwsCredentialSource(World world, const AwsProfile& profile, const std::string& region);

  /// Temporary ones are kept until shortly before they expire.
  Result get(const Stop& stop);

  /// Where they come from: "the keys in AWS_ACCESS_KEY_ID".
  const std::string& name() const { return name_; }

 private:
  struct WebIdentityFile {
    WebIdentity identity;  ///< without its token, which is exchanged for a new one from time to time
    std::string token_file;
  };
  struct Container {
    std::string url;
  };
  using Source = std::variant<AwsCredentials, WebIdentityFile, Container>;

  Source find(const AwsProfile& profile, const std::string& region);
  std::optional<AwsCredentials> keys_of_environment() const;
  std::optional<WebIdentityFile> web_identity(const AwsProfile& profile, const std::string& region) const;
  std::optional<Container> container() const;

  bool is_kept_for(std::int64_t ms) const;
  std::variant<HttpRequest, ModelFailed> request() const;
  std::variant<HttpRequest, ModelFailed> request_of(const WebIdentityFile& source) const;
  std::variant<HttpRequest, ModelFailed> request_of(const Container& source) const;
  Result fetch(const Stop& stop);

  World world_;
  std::string name_;
  Source source_;
  std::optional<TemporaryCredentials> kept_;
};

}  // namespace agentd
