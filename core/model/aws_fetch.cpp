#include "core/model/aws_fetch.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/model/server_error.h"
#include "core/text.h"

namespace agentd {
namespace {

/// An answer that takes longer will not come: these services are next door.
constexpr std::int64_t kTimeoutMs = 15'000;

/// The text of the first element of that name. The answers have no attributes and no nested ones of a name.
std::string xml_text(std::string_view xml, const std::string& tag) {
  const std::size_t open = xml.find("<" + tag + ">");
  if (open == std::string_view::npos) return {};
  const std::size_t begin = open + tag.size() + 2, end = xml.find("</" + tag + ">", begin);
  if (end == std::string_view::npos) return {};
  std::string text(xml.substr(begin, end - begin));
  constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}};
  for (const auto& [entity, meaning] : kEntities) {
    for (std::size_t at = 0; (at = text.find(entity, at)) != std::string::npos; ++at)
      text.replace(at, entity.size(), 1, meaning);
  }
  return text;
}

int digits(std::string_view text) {
  int value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// "2026-11-22T13:27:00Z", perhaps with parts of a second. Anything else is long over, so that keys with a
/// time that we cannot read are used once.
std::optional<std::int64_t> read_time(std::string_view text) {
  if (text.empty()) return {};
  constexpr std::int64_t kOver = 0;
  if (text.size() < 20 || text[4] != '-' || text[10] != 'T' || !text.ends_with('Z')) return kOver;
  const std::chrono::year_month_day date{std::chrono::year(digits(text.substr(0, 4))),
                                         std::chrono::month(static_cast<unsigned>(digits(text.substr(5, 2)))),
                                         std::chrono::day(static_cast<unsigned>(digits(text.substr(8, 2))))};
  const int hour = digits(text.substr(11, 2)), minute = digits(text.substr(14, 2)),
            second = digits(text.substr(17, 2));
  if (!date.ok() || hour < 0 || minute < 0 || second < 0) return kOver;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000;
}

bool is_complete(const AwsCredentials& keys) {
  return !keys.access_key_id.empty() && !keys.secret_access_key.empty();
}

nlohmann::json parse_object(std::string_view text) {
  const nlohmann::json empty = nlohmann::json::object();
  if (!is_json_object(text)) return empty;
  const auto object = nlohmann::json::parse(text, nullptr, false);
  return object.is_object() ? object : empty;
}

std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

HttpRequest request_to(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.timeout_ms = request.idle_timeout_ms = kTimeoutMs;
  return request;
}

bool is_number_up_to_255(std::string_view text) {
  const bool plain =
      !text.empty() && text.size() <= 3 && text.find_first_not_of("0123456789") == std::string_view::npos;
  return plain && digits(text) <= 255;
}

/// 127.0.0.0/8, with all its four numbers, so that no name passes for it.
bool is_loopback(std::string_view host) {
  if (!host.starts_with("127.")) return false;
  int numbers = 0;
  while (true) {
    const std::size_t dot = std::min(host.find('.'), host.size());
    if (!is_number_up_to_255(host.substr(0, dot))) return false;
    ++numbers;
    if (dot == host.size()) return numbers == 4;
    host.remove_prefix(dot + 1);
  }
}

}  // namespace

HttpRequest web_identity_request(const WebIdentity& identity) {
  HttpRequest request = request_to(identity.endpoint + "/");
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body =
      "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=" + percent_encode(identity.role_arn) +
      "&RoleSessionName=" + percent_encode(identity.session_name) +
      "&WebIdentityToken=" + percent_encode(identity.token);
  return request;
}

std::optional<TemporaryCredentials> read_web_identity(std::string_view xml) {
  const std::string inside = xml_text(xml, "Credentials");
  TemporaryCredentials found;
  found.keys = {xml_text(inside, "AccessKeyId"), xml_text(inside, "SecretAccessKey"),
                xml_text(inside, "SessionToken")};
  found.expires_ms = read_time(xml_text(inside, "Expiration"));
  if (!is_complete(found.keys)) return {};
  return found;
}

HttpRequest container_request(const std::string& url, const std::string& token) {
  HttpRequest request = request_to(url);
  request.method = "GET";
  request.use_proxy = false;  // keys must not leave the host
  request.headers = {{"Accept", "application/json"}};
  if (!token.empty()) request.headers.emplace_back("Authorization", token);
  return request;
}

std::optional<TemporaryCredentials> read_container(std::string_view json) {
  const nlohmann::json answer = parse_object(json);
  TemporaryCredentials found;
  found.keys = {text_of(answer, "AccessKeyId"), text_of(answer, "SecretAccessKey"), text_of(answer, "Token")};
  found.expires_ms = read_time(text_of(answer, "Expiration"));
  if (!is_complete(found.keys)) return {};
  return found;
}

bool is_container_url(std::string_view url) {
  if (url.starts_with("https://")) return true;
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return false;
  url.remove_prefix(kScheme.size());
  std::string_view host = url.substr(0, url.find_first_of("/?#"));
  // A name before an @, or a character that programs read differently, could hide another host.
  if (host.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz.:[]") != std::string_view::npos)
    return false;
  const std::size_t end = host.starts_with('[') ? host.find(']') + 1 : std::min(host.find(':'), host.size());
  const std::string_view port = host.substr(end);
  if (!port.empty() && port.front() != ':') return false;
  host = host.substr(0, end);
  return host == "localhost" || host == "169.254.170.2" || host == "169.254.170.23" || host == "[::1]" ||
         host == "[fd00:ec2::23]" || is_loopback(host);
}

std::string read_aws_error(std::string_view body) {
  const nlohmann::json object = parse_object(body);
  std::string code = xml_text(body, "Code"), message = xml_text(body, "Message");
  for (const char* key : {"code", "Code"})
    if (code.empty()) code = text_of(object, key);
  for (const char* key : {"message", "Message"})
    if (message.empty()) message = text_of(object, key);
  if (code.empty() && message.empty()) return one_line(body.substr(0, 200));
  return one_line(code.empty() || message.empty() ? code + message : code + ": " + message);
}

}  // namespace agentd
