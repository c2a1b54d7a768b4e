#pragma once

#include <string>
#include <variant>

#include "core/http.h"
#include "core/task.h"
#include "tools/argument_texts.h"

namespace agentd {

/// Why a call makes no request, for the model to read.
struct NoRequest {
  std::string why;
  bool operator==(const NoRequest&) const = default;
};

/// What a tool of kind http sends: method, URL, headers and body, with each argument escaped for the place
/// where it stands, so that none can leave it. What belongs to an argument that is not given is left out.
std::variant<HttpRequest, NoRequest> http_request(const ToolSetup& setup, const ArgumentTexts& arguments);

}  // namespace agentd
