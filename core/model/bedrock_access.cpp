#include "core/model/bedrock_access.h"

#include "core/model/aws_credentials.h"
#include "core/model/sigv4.h"

namespace agentd {
namespace {

class BedrockSigner : public Signer {
 public:
  BedrockSigner(AwsCredentialSource source, SigningScope scope, Clock& clock)
      : source_(std::move(source)), scope_(std::move(scope)), clock_(clock) {}

  std::optional<ModelResult> sign(HttpRequest& request, const Stop& stop) override {
    const AwsCredentialSource::Result result = source_.get(stop);
    if (const auto* failed = std::get_if<ModelFailed>(&result)) return *failed;
    if (std::holds_alternative<Interrupted>(result)) return Interrupted{};
    sign_request(request, std::get<AwsCredentials>(result), scope_, clock_.now_ms());
    return {};
  }

  std::string describe() const override {
    return "signed with " + source_.name() + "; they must be allowed to invoke this model in " +
           scope_.region;
  }

 private:
  AwsCredentialSource source_;
  SigningScope scope_;
  Clock& clock_;
};

}  // namespace

std::string bedrock_url(const Environment& environment, const ReadFile& read_file) {
  return "https://" +
         aws_host("bedrock-runtime", aws_region(environment, read_aws_profile(environment, read_file)));
}

std::unique_ptr<Signer> make_bedrock_signer(const ModelWorld& world) {
  const AwsProfile profile = read_aws_profile(world.environment, world.read_file);
  const std::string region = aws_region(world.environment, profile);
  AwsCredentialSource source({world.http, world.clock, world.secrets, world.environment, world.read_file},
                             profile, region);
  return std::make_unique<BedrockSigner>(std::move(source), SigningScope{region, "bedrock"}, world.clock);
}

std::set<std::string> aws_file_secrets(const Environment& environment, const ReadFile& read_file) {
  const AwsProfile profile = read_aws_profile(environment, read_file);
  std::set<std::string> secrets{profile.setting("aws_secret_access_key"),
                                profile.setting("aws_session_token")};
  for (const std::string& file :
       {web_identity_token_file(environment, profile), container_token_file(environment)})
    if (!file.empty()) secrets.insert(read_token(read_file, file).value_or(""));
  return secrets;
}

}  // namespace agentd
