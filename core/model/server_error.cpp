#include "core/model/server_error.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/text.h"

namespace agentd {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxMessage = 500;
constexpr double kYearMs = 366.0 * 24 * 3600 * 1000;
constexpr std::int64_t kHourMs = 3'600'000;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The object that describes the error: {"error":{…}}, [{"error":{…}}], {"error":"…"} or the body itself.
json error_object(json body) {
  if (body.is_array() && !body.empty()) body = json(body.front());
  if (!body.is_object()) return json::object();
  const auto inner = body.find("error");
  if (inner == body.end()) return body;
  if (inner->is_string()) return {{"message", *inner}};
  return inner->is_object() ? json(*inner) : body;
}

ServerError from_json(const json& error) {
  ServerError result;
  for (const char* key : {"message", "Message", "detail", "title"}) {
    if (result.message.empty()) result.message = one_line(text_of(error, key));
  }
  if (result.message.empty() && !error.empty()) {
    result.message = one_line(error.dump(-1, ' ', false, json::error_handler_t::replace));
  }
  // Anthropic's spend limit has the type of a rate limit.
  if (const auto details = error.find("details"); details != error.end() && details->is_object())
    result.code = one_line(text_of(*details, "error_code"));
  for (const char* key : {"code", "type", "status"}) {
    if (result.code.empty()) result.code = one_line(text_of(error, key));
    const auto number = error.find(key);
    if (number != error.end() && number->is_number_integer() && result.status == 0) {
      const auto value = number->get<std::int64_t>();
      if (value >= 400 && value < 600) result.status = static_cast<int>(value);
    }
  }
  return result;
}

std::string html_summary(std::string_view body) {
  const std::size_t begin = body.find("<title>");
  const std::size_t end = body.find("</title>");
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin + 7)
    return "an HTML page";
  return "an HTML page titled \"" + one_line(body.substr(begin + 7, end - begin - 7)) + "\"";
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// How providers without a code for it say that the prompt is too long.
bool says_too_long(std::string_view message) {
  constexpr std::string_view kSayings[] = {"context length",
                                           "context window",
                                           "context limit",
                                           "nput is too long",
                                           "rompt is too long",
                                           "nput Tokens Exceeded",
                                           "exceeds the maximum number of tokens"};
  return std::any_of(std::begin(kSayings), std::end(kSayings),
                     [&](std::string_view saying) { return contains(message, saying); });
}

bool is_context(int status, const ServerError& error) {
  return status == 413 || error.code == "context_length_exceeded" ||
         contains(error.code, "exceed_context_size") || (status == 400 && says_too_long(error.message));
}

/// Waiting does not help where the limit is 0: the plan does not include the model.
bool is_quota(int status, const ServerError& error) {
  // Anthropic says the last two with 400 and a code that many errors have.
  return status == 402 || error.code == "insufficient_quota" || contains(error.code, "billing") ||
         contains(error.code, "spend_limit") || contains(error.code, "ServiceQuotaExceeded") ||
         contains(error.message, "credit balance is too low") ||
         (contains(error.message, "reached your specified") && contains(error.message, "usage limits")) ||
         (status == 429 && contains(error.message, "limit: 0,"));
}

std::string reason_of(int status, const ServerError& error) {
  if (is_quota(status, error)) return "quota";
  if (status == 401 || status == 403 || error.code == "API_KEY_INVALID") return "auth";
  if (status == 429) return "rate_limit";
  // 424: the model behind Bedrock failed.
  if (status == 408 || status == 409 || status == 424 || status >= 500) return "overloaded";
  return is_context(status, error) ? "context" : "bad_request";
}

ModelFailed judge(int status, const ServerError& error, std::string message) {
  ModelFailed failed;
  failed.reason = reason_of(status, error);
  failed.retryable = failed.reason == "rate_limit" || failed.reason == "overloaded";
  if (failed.retryable) failed.retry_after_ms = error.retry_after_ms;
  if (!error.code.empty()) message += " (" + error.code + ")";
  failed.message = message + (error.message.empty() ? "" : ": " + error.message);
  return failed;
}

/// The status that an error without one of its own stands for.
int implied_status(const ServerError& error) {
  if (error.status != 0) return error.status;
  const std::string_view code = error.code;
  if (contains(code, "rate_limit") || contains(code, "insufficient_quota")) return 429;
  if (contains(code, "authentication") || contains(code, "invalid_api_key")) return 401;
  if (contains(code, "permission")) return 403;
  if (contains(code, "too_large")) return 413;
  const bool refused = contains(code, "invalid") || contains(code, "context") || contains(code, "not_found");
  return refused ? 400 : 500;
}

std::optional<double> number_of(const std::string* text) {
  double value = 0;
  if (text == nullptr) return {};
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc() || stop != end || !(value >= 0)) return {};
  return value;
}

int digits(std::string_view text) {
  int value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// "Sun, 06 Nov 1994 08:49:37 GMT", the one form that servers may send, as seconds since 1970.
std::optional<std::int64_t> http_date(const std::string* header) {
  if (header == nullptr || header->size() != 29) return {};
  const std::string_view text = *header;
  const std::size_t month = std::string_view("JanFebMarAprMayJunJulAugSepOctNovDec").find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return {};
  const std::chrono::year_month_day date{std::chrono::year(digits(text.substr(12, 4))),
                                         std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                                         std::chrono::day(static_cast<unsigned>(digits(text.substr(5, 2))))};
  const int hour = digits(text.substr(17, 2)), minute = digits(text.substr(20, 2)),
            second = digits(text.substr(23, 2));
  if (!date.ok() || hour < 0 || minute < 0 || second < 0) return {};
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

std::int64_t whole_ms(double ms) {
  return static_cast<std::int64_t>(std::min(ms, kYearMs) + 0.5);
}

/// google.rpc: a more exact name, and how long to wait. Seconds are named for a daily quota too: an hour is
/// nearer the truth.
void read_details(const json& error, ServerError& result) {
  const auto details = error.find("details");
  if (details == error.end() || !details->is_array()) return;
  for (const json& detail : *details) {
    if (!detail.is_object()) continue;
    if (const std::string reason = text_of(detail, "reason"); !reason.empty()) result.code = one_line(reason);
    std::string delay = text_of(detail, "retryDelay");
    if (delay.ends_with('s')) delay.pop_back();
    std::optional<std::int64_t> wait;
    if (const auto seconds = number_of(&delay)) wait = whole_ms(*seconds * 1000);
    if (contains(detail.dump(), "PerDay")) wait = kHourMs;
    if (wait) result.retry_after_ms = std::max(result.retry_after_ms.value_or(0), *wait);
  }
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, 2 * kMaxMessage)) {
    const bool space = static_cast<unsigned char>(c) <= ' ';
    if (!space) line += c;
    if (space && !line.empty() && line.back() != ' ') line += ' ';
  }
  const auto is_inside = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  if (line.size() > kMaxMessage || text.size() > 2 * kMaxMessage) {
    std::size_t end = std::min(line.size(), kMaxMessage - 3);
    while (end > 0 && is_inside(line[end])) --end;
    line.replace(end, std::string::npos, "…");
  }
  while (line.ends_with(' ')) line.pop_back();
  return to_valid_utf8(line);
}

ServerError read_server_error(std::string_view body) {
  const std::size_t begin = body.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  body.remove_prefix(begin);
  if (body.front() == '<') return {html_summary(body), {}, 0};
  std::string_view object = body;
  if (object.front() == '[') object = object.substr(1, object.rfind(']') - 1);
  if (!is_json_object(object)) return {one_line(body), {}, 0};
  const json error = error_object(json::parse(to_valid_utf8(object), nullptr, false));
  ServerError result = from_json(error);
  read_details(error, result);
  return result;
}

ModelFailed response_failure(std::string_view provider, int status, const HttpHeaders& headers,
                             std::string_view body) {
  ServerError error = read_server_error(body);
  // AWS names the error in a header, with a URL behind a colon.
  if (const std::string* type = find_header(headers, "x-amzn-errortype");
      type != nullptr && error.code.empty())
    error.code = one_line(type->substr(0, type->find(':')));
  std::string message = std::string(provider) + " answered " + std::to_string(status);
  const std::string* place = find_header(headers, "location");
  if (status < 400 && place != nullptr)
    message += " with a redirect to " + one_line(*place) + "; set model.base_url";
  ModelFailed failed = judge(status, error, message);
  if (!failed.retry_after_ms) failed.retry_after_ms = retry_after_ms(headers);
  if (const std::string* should = find_header(headers, "x-should-retry")) {
    if (*should == "true") failed.retryable = true;
    if (*should == "false") failed.retryable = false;
  }
  return failed;
}

ModelFailed late_failure(std::string_view provider, std::string_view body) {
  const ServerError error = read_server_error(body);
  return judge(implied_status(error), error, std::string(provider) + " reported an error");
}

ModelFailed wire_failure(std::string_view provider, const HttpFailure& failure) {
  using Kind = HttpFailure::Kind;
  ModelFailed failed;
  failed.retryable = true;
  failed.reason = failure.kind == Kind::Timeout || failure.kind == Kind::Idle ? "timeout" : "network";
  failed.message = std::string(provider) + ": " + failure.message;
  if (failure.kind == Kind::Timeout) failed.message += " (model.timeout)";
  if (failure.kind == Kind::Idle) failed.message += " (model.idle_timeout)";
  return failed;
}

std::optional<std::int64_t> retry_after_ms(const HttpHeaders& headers) {
  if (const auto ms = number_of(find_header(headers, "retry-after-ms"))) return whole_ms(*ms);
  const std::string* after = find_header(headers, "retry-after");
  if (const auto seconds = number_of(after)) return whole_ms(*seconds * 1000);
  const auto until = http_date(after), now = http_date(find_header(headers, "date"));
  if (!until || !now) return {};
  return whole_ms(1000.0 * static_cast<double>(std::max<std::int64_t>(*until - *now, 0)));
}

}  // namespace agentd
