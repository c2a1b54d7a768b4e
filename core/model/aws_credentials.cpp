#include "core/model/aws_credentials.h"

#include <algorithm>

#include "core/error.h"
#include "core/mask.h"
#include "core/model/server_error.h"

namespace agentd {
namespace {

/// Temporary credentials are fetched again that long before they expire; up to their end they still do where
/// that fails.
constexpr std::int64_t kRenewMs = 5 * 60'000;
constexpr std::int64_t kLastMomentMs = 30'000;
constexpr std::size_t kMaxAnswer = 256 << 10;

constexpr char kNothing[] =
    "no AWS credentials: set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
    "AWS_PROFILE with keys in ~/.aws/credentials";
class Answer : public HttpSink {
 public:
  void head(int status, const HttpHeaders& headers) override {
    status_ = status;
    headers_ = headers;
  }
  void body(std::string_view bytes) override {
    text_ += bytes.substr(0, kMaxAnswer - std::min(kMaxAnswer, text_.size()));
  }
  bool is_success() const { return status_ >= 200 && status_ < 300; }
  const std::string& text() const { return text_; }

  /// Masked before it is cut: half a token would not be known for one.
  ModelFailed refusal(const Secrets& secrets) const {
    const std::string error = read_aws_error(mask(text_, secrets));
    ModelFailed failed;
    // The last one means that STS could not reach the issuer of the token.
    const bool throttled = status_ == 429 || error.starts_with("Throttling");
    const bool passing = status_ >= 500 || error.starts_with("IDPCommunicationError");
    failed.reason = throttled ? "rate_limit" : passing ? "overloaded" : "auth";
    failed.retryable = throttled || passing;
    failed.retry_after_ms = retry_after_ms(headers_);
    failed.message = "AWS credentials were refused with " + std::to_string(status_);
    if (!error.empty()) failed.message += ": " + error;
    return failed;
  }

 private:
  int status_ = 0;
  HttpHeaders headers_;
  std::string text_;
};

ModelFailed auth_failure(std::string message) {
  return {.reason = "auth", .message = std::move(message)};
}

ModelFailed no_token(const std::string& file) {
  return auth_failure("AWS credentials: there is no token in " + file);
}

ModelFailed lost(const HttpFailure& failure) {
  using Kind = HttpFailure::Kind;
  const bool late = failure.kind == Kind::Timeout || failure.kind == Kind::Idle;
  return {.reason = late ? "timeout" : "network",
          .message = "AWS credentials: " + failure.message,
          .retryable = true};
}

/// Ways of getting keys that we do not have.
void refuse_others(const AwsProfile& profile) {
  for (const char* way : {"role_arn", "sso_session", "sso_start_url", "credential_process"}) {
    if (profile.setting(way).empty()) continue;
    throw Error(
        Exit::Usage,
        "the AWS profile " + profile.name + " uses " + way +
            ", which agentd does not do: put its keys into the environment with eval \"$(aws configure "
            "export-credentials --format env --profile " +
            profile.name + ")\"");
  }
}

std::optional<AwsCredentials> keys_of(const AwsProfile& profile) {
  const std::string name = "the AWS profile " + profile.name;
  if (profile.is_chosen && !profile.is_found)
    throw Error(Exit::Usage, name + " (AWS_PROFILE) is neither in ~/.aws/credentials nor in ~/.aws/config");
  refuse_others(profile);
  const AwsCredentials keys{profile.setting("aws_access_key_id"), profile.setting("aws_secret_access_key"),
                            profile.setting("aws_session_token")};
  if (keys.access_key_id.empty() && keys.secret_access_key.empty()) return {};
  if (keys.access_key_id.empty() || keys.secret_access_key.empty())
    throw Error(Exit::Usage,
                name + " has one of aws_access_key_id and aws_secret_access_key, and needs both");
  return keys;
}

}  // namespace

std::string aws_region(const Environment& environment, const AwsProfile& profile) {
  std::string region = trimmed_variable(environment, "AWS_REGION");
  if (region.empty()) region = trimmed_variable(environment, "AWS_DEFAULT_REGION");
  if (region.empty()) region = profile.setting("region");
  if (region.empty())
    throw Error(Exit::Usage,
                "no AWS region: set AWS_REGION, for example to us-east-1, or region in the profile " +
                    profile.name + " of ~/.aws/config");
  // It becomes part of a host's name.
  if (region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
    throw Error(Exit::Usage, "'" + region + "' is no AWS region (AWS_REGION)");
  return region;
}

std::string aws_host(const std::string& service, const std::string& region) {
  const char* domain = ".amazonaws.com";
  if (region.starts_with("cn-")) domain = ".amazonaws.com.cn";
  if (region.starts_with("eusc-")) domain = ".amazonaws.eu";
  return service + "." + region + domain;
}

AwsCredentialSource::AwsCredentialSource(World world, const AwsProfile& profile, const std::string& region)
    : world_(std::move(world)), source_(find(profile, region)) {}

AwsCredentialSource::Source AwsCredentialSource::find(const AwsProfile& profile, const std::string& region) {
  name_ = "the keys in AWS_ACCESS_KEY_ID";
  if (auto keys = keys_of_environment()) return *std::move(keys);
  name_ = "the web identity of AWS_ROLE_ARN";
  if (auto identity = web_identity(profile, region)) return *std::move(identity);
  name_ = "the AWS profile " + profile.name;
  if (auto keys = keys_of(profile)) return *std::move(keys);
  name_ = "the role of the container";
  if (auto agent = container()) return *std::move(agent);
  throw Error(Exit::Usage, kNothing);
}

std::optional<AwsCredentials> AwsCredentialSource::keys_of_environment() const {
  const auto value = [&](const char* name) { return trimmed_variable(world_.environment, name); };
  AwsCredentials keys{value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY"), value("AWS_SESSION_TOKEN")};
  if (keys.access_key_id.empty() && keys.secret_access_key.empty()) return {};
  if (keys.access_key_id.empty() || keys.secret_access_key.empty())
    throw Error(Exit::Usage,
                std::string("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together: set ") +
                    (keys.access_key_id.empty() ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY"));
  return keys;
}

/// Of the environment, as Kubernetes sets it, or of the profile.
std::optional<AwsCredentialSource::WebIdentityFile> AwsCredentialSource::web_identity(
    const AwsProfile& profile, const std::string& region) const {
  const auto value = [&](const char* variable, const char* key) {
    const std::string set = trimmed_variable(world_.environment, variable);
    return set.empty() ? profile.setting(key) : set;
  };
  WebIdentityFile source;
  source.token_file = web_identity_token_file(world_.environment, profile);
  if (source.token_file.empty()) return {};
  source.identity.role_arn = value("AWS_ROLE_ARN", "role_arn");
  if (source.identity.role_arn.empty())
    throw Error(Exit::Usage, "AWS_WEB_IDENTITY_TOKEN_FILE is set, so AWS_ROLE_ARN must be set too");
  source.identity.session_name = value("AWS_ROLE_SESSION_NAME", "role_session_name");
  if (source.identity.session_name.empty()) source.identity.session_name = "agentd";
  const std::string endpoint = trimmed_variable(world_.environment, "AWS_ENDPOINT_URL_STS");
  source.identity.endpoint =
      endpoint.empty() ? "https://" + aws_host("sts", region) : without_slashes(endpoint);
  return source;
}

std::optional<AwsCredentialSource::Container> AwsCredentialSource::container() const {
  const std::string relative = trimmed_variable(world_.environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  if (relative.starts_with('/')) return Container{"http://169.254.170.2" + relative};
  if (!relative.empty())
    throw Error(Exit::Usage, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with a slash");
  const std::string full = trimmed_variable(world_.environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (full.empty()) return {};
  if (!is_container_url(full))
    throw Error(Exit::Usage,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or on this host, 169.254.170.2, "
                "169.254.170.23 or [fd00:ec2::23]");
  return Container{full};
}

AwsCredentialSource::Result AwsCredentialSource::get(const Stop& stop) {
  if (const auto* keys = std::get_if<AwsCredentials>(&source_)) return *keys;
  if (is_kept_for(kRenewMs)) return kept_->keys;
  Result result = fetch(stop);
  const auto* failed = std::get_if<ModelFailed>(&result);
  if (failed != nullptr && failed->retryable && is_kept_for(kLastMomentMs)) return kept_->keys;
  return result;
}

bool AwsCredentialSource::is_kept_for(std::int64_t ms) const {
  return kept_ && (!kept_->expires_ms || world_.clock.now_ms() + ms < *kept_->expires_ms);
}

AwsCredentialSource::Result AwsCredentialSource::fetch(const Stop& stop) {
  const auto request = this->request();
  if (const auto* failed = std::get_if<ModelFailed>(&request)) return *failed;
  Answer answer;
  if (const auto failure = world_.http.send(std::get<HttpRequest>(request), answer, stop)) {
    if (failure->kind == HttpFailure::Kind::Interrupted) return Interrupted{};
    return lost(*failure);
  }
  if (!answer.is_success()) return answer.refusal(world_.secrets);
  auto found = std::holds_alternative<Container>(source_) ? read_container(answer.text())
                                                          : read_web_identity(answer.text());
  if (!found) return auth_failure("AWS credentials: the answer has no keys");
  kept_ = std::move(found);
  world_.secrets.learn({kept_->keys.secret_access_key, kept_->keys.session_token});
  return kept_->keys;
}

std::variant<HttpRequest, ModelFailed> AwsCredentialSource::request() const {
  if (const auto* agent = std::get_if<Container>(&source_)) return request_of(*agent);
  return request_of(std::get<WebIdentityFile>(source_));
}

std::variant<HttpRequest, ModelFailed> AwsCredentialSource::request_of(const WebIdentityFile& source) const {
  auto token = read_token(world_.read_file, source.token_file);
  if (!token) return no_token(source.token_file);
  WebIdentity identity = source.identity;
  identity.token = *std::move(token);
  world_.secrets.learn({identity.token});
  return web_identity_request(identity);
}

std::variant<HttpRequest, ModelFailed> AwsCredentialSource::request_of(const Container& source) const {
  const std::string file = container_token_file(world_.environment);
  if (file.empty())
    return container_request(source.url,
                             trimmed_variable(world_.environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN"));
  const auto token = read_token(world_.read_file, file);
  if (!token) return no_token(file);
  world_.secrets.learn({*token});
  return container_request(source.url, *token);
}

}  // namespace agentd
