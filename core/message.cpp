#include "core/message.h"

#include <charconv>

#include "core/error.h"

namespace agentd {

std::string to_string(const CallId& call) {
  return std::to_string(call.step) + "." + std::to_string(call.index);
}

CallId call_id_from_string(const std::string& text) {
  CallId id;
  const char* end = text.data() + text.size();
  auto [dot, step_error] = std::from_chars(text.data(), end, id.step);
  if (step_error == std::errc() && dot != end && *dot == '.') {
    auto [stop, index_error] = std::from_chars(dot + 1, end, id.index);
    if (index_error == std::errc() && stop == end) return id;
  }
  throw Error(Exit::Storage, "the journal is damaged: '" + text + "' is not the name of a call");
}

}  // namespace agentd
