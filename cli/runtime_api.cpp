#include "cli/runtime_api.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/never_stop.h"
#include "core/text.h"

namespace agentd {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kForever = std::int64_t{10} * 365 * 86'400'000;
constexpr std::int64_t kPostMs = 10'000;  // within one machine

class Response final : public HttpSink {
 public:
  void head(int status, const HttpHeaders& headers) override {
    status_ = status;
    headers_ = headers;
    body_.clear();
  }
  void body(std::string_view bytes) override { body_ += bytes; }

  bool is_good() const { return status_ >= 200 && status_ < 300; }
  std::string header(std::string_view name) const {
    const std::string* value = find_header(headers_, name);
    return value != nullptr ? *value : "";
  }
  std::string& text() { return body_; }
  std::string problem() const {
    constexpr std::size_t kMostQuoted = 300;
    return "the Lambda Runtime API answered " + std::to_string(status_) +
           (body_.empty() ? "" : ": " + cut_middle(body_, kMostQuoted, "…"));
  }

 private:
  int status_ = 0;
  HttpHeaders headers_;
  std::string body_;
};

}  // namespace

std::string FunctionError::json() const {
  constexpr std::size_t kLongest = 8'000;
  const Json error = {{"errorType", type},
                      {"errorMessage", cut_middle(message, kLongest, "…")},
                      {"stackTrace", Json::array()}};
  return error.dump(-1, ' ', false, Json::error_handler_t::replace);
}

RuntimeApi::RuntimeApi(std::string address, HttpTransport& http)
    : base_("http://" + std::move(address) + "/2018-06-01/runtime/"), http_(http) {}

HttpRequest RuntimeApi::request(const std::string& path) const {
  HttpRequest request;
  request.url = base_ + path;
  request.use_proxy = false;  // those of the environment are for the model's server
  return request;
}

std::optional<RuntimeEvent> RuntimeApi::next(const Stop& stop) {
  HttpRequest ask = request("invocation/next");
  ask.method = "GET";
  ask.timeout_ms = ask.idle_timeout_ms = kForever;
  Response response;
  if (const auto failed = http_.send(ask, response, stop)) {
    if (failed->kind == HttpFailure::Kind::Interrupted) return std::nullopt;
    throw Error(Exit::Failed, "no next event: " + failed->message);
  }
  RuntimeEvent event{response.header("Lambda-Runtime-Aws-Request-Id"), 0, ""};
  if (!response.is_good() || event.request_id.empty())
    throw Error(Exit::Failed, "no next event: " + response.problem());
  const std::string deadline = response.header("Lambda-Runtime-Deadline-Ms");
  std::from_chars(deadline.data(), deadline.data() + deadline.size(), event.deadline_ms);
  event.text = std::move(response.text());
  return event;
}

std::string RuntimeApi::respond(const std::string& request_id, const std::string& answer) {
  const std::string problem =
      post("invocation/" + request_id + "/response", answer, {{"Content-Type", "application/json"}});
  if (!problem.empty())
    fail(request_id, FunctionError{"Agent.Internal", "the answer was not taken: " + problem}.json());
  return problem;
}

std::string RuntimeApi::fail(const std::string& request_id, const std::string& error_json) {
  return post_error("invocation/" + request_id + "/error", error_json);
}

std::string RuntimeApi::fail_init(const FunctionError& error) {
  return post_error("init/error", error.json());
}

std::string RuntimeApi::post_error(const std::string& path, const std::string& error_json) {
  const Json error = Json::parse(error_json, nullptr, false);
  return post(path, error_json,
              {{"Content-Type", "application/json"},
               {"Lambda-Runtime-Function-Error-Type", error.value("errorType", "Agent.Internal")}});
}

/// A kept connection may have died while this process was frozen: curl takes a new one then.
std::string RuntimeApi::post(const std::string& path, const std::string& body, const HttpHeaders& headers) {
  HttpRequest tell = request(path);
  tell.headers = headers;
  tell.body = body;
  tell.timeout_ms = tell.idle_timeout_ms = kPostMs;
  Response response;
  if (const auto failed = http_.send(tell, response, NeverStop())) return failed->message;
  return response.is_good() ? "" : response.problem();
}

}  // namespace agentd
