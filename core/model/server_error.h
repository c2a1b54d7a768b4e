#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/event.h"
#include "core/http.h"

namespace agentd {

/// How every provider's refusals are judged: by status, headers and the few codes that they share.

/// What a server said went wrong, out of any of the usual JSON forms, an HTML page or plain text.
struct ServerError {
  std::string message;  ///< one line of at most 500 bytes
  std::string code;     ///< the most exact name it gives the error
  int status = 0;       ///< as written in the body; 0: not there
  std::optional<std::int64_t> retry_after_ms = {};
  bool operator==(const ServerError&) const = default;
};
ServerError read_server_error(std::string_view body);

/// One line, at most 500 bytes, valid UTF-8.
std::string one_line(std::string_view text);

/// A response whose status is no success.
ModelFailed response_failure(std::string_view provider, int status, const HttpHeaders& headers,
                             std::string_view body);
/// An error inside a response that had begun with success.
ModelFailed late_failure(std::string_view provider, std::string_view body);
/// An exchange that broke on the wire.
ModelFailed wire_failure(std::string_view provider, const HttpFailure& failure);

/// What retry-after-ms or Retry-After ask for; a date is taken against the response's own Date, so no clock
/// is needed.
std::optional<std::int64_t> retry_after_ms(const HttpHeaders& headers);

}  // namespace agentd
