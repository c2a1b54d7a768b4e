#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "core/variables.h"

namespace agentd {

/// The text of a file; none if it is not there or cannot be read.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

/// Without the white space around it; none if there is none or nothing in it.
std::optional<std::string> read_token(const ReadFile& read_file, const std::string& path);

/// What the shared files say under one name: ~/.aws/credentials, and ~/.aws/config for what that leaves open.
struct AwsProfile {
  std::string name;
  bool is_chosen = false;  ///< by AWS_PROFILE, rather than by default
  bool is_found = false;
  std::map<std::string, std::string> settings;

  /// Empty where the profile does not say.
  std::string setting(const std::string& key) const;
};

/// The profile of AWS_PROFILE, or the one called default.
AwsProfile read_aws_profile(const Environment& environment, const ReadFile& read_file);

/// Where the token of a web identity or a container is; empty: nothing names one.
std::string web_identity_token_file(const Environment& environment, const AwsProfile& profile);
std::string container_token_file(const Environment& environment);

}  // namespace agentd
