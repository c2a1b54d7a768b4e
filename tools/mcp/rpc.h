#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace agentd {

/// What was said, as JSON texts; a part that was not there is empty.
struct RpcMessage {
  std::string id;
  std::string method;  ///< its text, no longer JSON
  std::string params;
  std::string result;
  std::string error;
  bool operator==(const RpcMessage&) const = default;

  bool is_request() const { return !method.empty() && !id.empty(); }
  bool is_notification() const { return !method.empty() && id.empty(); }
  /// Also one to a request that the server could not read: that has no id.
  bool is_answer() const { return method.empty() && (!result.empty() || !error.empty()); }
};

/// The messages of a line, an event or a body: more than one only in a batch. None: this is no JSON-RPC.
/// Invalid UTF-8 is replaced.
std::vector<RpcMessage> parse_messages(std::string_view text);

/// All on one line, without its end. `params`, `result`: JSON texts.
std::string request_text(std::int64_t id, std::string_view method, std::string_view params);
std::string notification_text(std::string_view method, std::string_view params);
std::string result_text(std::string_view id, std::string_view result);
std::string error_text(std::string_view id, std::int64_t code, std::string_view message);

/// Without line ends, which valid JSON holds between its tokens alone.
std::string on_one_line(std::string_view json);

}  // namespace agentd
