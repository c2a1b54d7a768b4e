#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/http.h"

namespace agentd {

/// An event for this execution environment to answer.
struct RuntimeEvent {
  std::string request_id;
  std::int64_t deadline_ms = 0;  ///< since 1970; 0: none was named
  std::string text;
};

/// Why an invocation was itself no good, as its caller sees it.
struct FunctionError {
  std::string type;     ///< Agent.BadEvent, Agent.Config, Agent.Storage or Agent.Internal
  std::string message;  ///< one sentence
  std::string json() const;
};

/// The runtime's side of the AWS Lambda Runtime API, version 2018-06-01:
/// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
class RuntimeApi {
 public:
  /// `address`: HOST:PORT, as in AWS_LAMBDA_RUNTIME_API.
  RuntimeApi(std::string address, HttpTransport& http);

  /// Waits for as long as it takes, which may be hours in a frozen process. None: `stop` came first. Throws
  /// Error(Failed) if there is no answer to be had: this environment is of no use any more.
  std::optional<RuntimeEvent> next(const Stop& stop);
  /// Empty; or why the answer was not taken: its caller is told that as an error then, as far as that can be.
  std::string respond(const std::string& request_id, const std::string& answer);
  std::string fail(const std::string& request_id, const std::string& error_json);
  /// That this environment can answer nothing.
  std::string fail_init(const FunctionError& error);

 private:
  std::string post_error(const std::string& path, const std::string& error_json);
  std::string post(const std::string& path, const std::string& body, const HttpHeaders& headers);
  HttpRequest request(const std::string& path) const;

  std::string base_;
  HttpTransport& http_;
};

}  // namespace agentd
