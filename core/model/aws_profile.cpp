#include "core/model/aws_profile.h"

#include <algorithm>

#include "core/text.h"

namespace agentd {
namespace {

/// "[ profile  name ]" → "profile name".
std::string section_name(std::string_view line) {
  const std::string inside(trimmed(line.substr(1, line.find(']') - 1)));
  constexpr std::string_view kProfile = "profile";
  if (!inside.starts_with(kProfile) || inside.find_first_of(" \t") != kProfile.size()) return inside;
  return "profile " + std::string(trimmed(std::string_view(inside).substr(kProfile.size())));
}

std::string_view without_comment(std::string_view value) {
  for (const char* mark : {" #", " ;", "\t#", "\t;"}) value = value.substr(0, value.find(mark));
  return value;
}

/// The settings of one section. Indented lines belong to a setting that we do not read.
std::optional<std::map<std::string, std::string>> read_section(std::string_view text,
                                                               std::string_view section) {
  std::optional<std::map<std::string, std::string>> settings;
  bool inside = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('[')) {
      inside = section_name(line) == section;
      if (inside && !settings) settings.emplace();
      continue;
    }
    const std::size_t equals = line.find('=');
    const bool is_setting = equals != std::string_view::npos &&
                            std::string_view(" \t#;").find(line.front()) == std::string_view::npos;
    if (inside && is_setting)
      (*settings)[std::string(trimmed(line.substr(0, equals)))] =
          trimmed(without_comment(line.substr(equals + 1)));
  }
  return settings;
}

std::string path_of(const Environment& environment, const std::string& variable, const std::string& usual) {
  std::string path = trimmed_variable(environment, variable);
  if (path.empty()) path = usual;
  if (path.starts_with("~/")) path.replace(0, 1, trimmed_variable(environment, "HOME"));
  return path;
}

}  // namespace

std::optional<std::string> read_token(const ReadFile& read_file, const std::string& path) {
  const std::string token(trimmed(read_file(path).value_or("")));
  // It becomes part of a request, where a line feed would begin another header.
  const bool is_one_line = token.find_first_of("\r\n") == std::string::npos;
  return !token.empty() && is_one_line ? std::optional(token) : std::nullopt;
}

std::string AwsProfile::setting(const std::string& key) const {
  const auto found = settings.find(key);
  return found == settings.end() ? std::string() : found->second;
}

AwsProfile read_aws_profile(const Environment& environment, const ReadFile& read_file) {
  AwsProfile profile;
  profile.name = trimmed_variable(environment, "AWS_PROFILE");
  profile.is_chosen = !profile.name.empty();
  if (!profile.is_chosen) profile.name = "default";
  const auto add = [&](const std::optional<std::string>& text, const std::string& section) {
    const auto settings = text ? read_section(*text, section) : std::nullopt;
    if (!settings) return;
    profile.is_found = true;
    for (const auto& [key, value] : *settings) profile.settings[key] = value;
  };
  // What comes later wins.
  const auto config = read_file(path_of(environment, "AWS_CONFIG_FILE", "~/.aws/config"));
  if (profile.name == "default") add(config, "default");
  add(config, "profile " + profile.name);
  add(read_file(path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")), profile.name);
  return profile;
}

std::string web_identity_token_file(const Environment& environment, const AwsProfile& profile) {
  const std::string file = trimmed_variable(environment, "AWS_WEB_IDENTITY_TOKEN_FILE");
  return file.empty() ? profile.setting("web_identity_token_file") : file;
}

std::string container_token_file(const Environment& environment) {
  return trimmed_variable(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
}

}  // namespace agentd
