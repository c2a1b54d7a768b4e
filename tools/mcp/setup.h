#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/http.h"
#include "core/mask.h"
#include "core/process.h"

namespace agentd {

/// What is done when a server asks a person something in the middle of a call.
enum class Elicitation { Decline, AcceptDefaults, Ask };

/// OAuth client credentials: the token is had for the asking, with no person in front.
struct McpCredentials {
  std::string token_url;  ///< empty: there are none
  std::string client_id;
  std::string client_secret;
  std::string scope;
  bool operator==(const McpCredentials&) const = default;
};

/// One MCP server of a task, with all variables expanded. It has either a program or a URL.
struct McpSetup {
  std::string name;
  ProcessRequest program;  ///< without argv: none. Its folder is the one root that it is told of
  std::string url;
  HttpHeaders headers;
  McpCredentials credentials;
  /// Without a sign of life; ten times that is the end of any call. A program has longer to start.
  std::int64_t timeout_ms = 60'000;
  std::vector<std::string> tools;  ///< globs on the server's own names; none: all of its tools
  bool trusted = false;            ///< its hints about effects count
  Elicitation elicitation = Elicitation::Decline;
  std::string protocol = "auto";  ///< or a revision, as "2025-06-18"
  Secrets* secrets = nullptr;     ///< taught the tokens; null: nobody is to know them

  /// Before it is cut: half a token would not be known for one.
  std::string masked(const std::string& text) const {
    return secrets != nullptr ? mask(text, *secrets) : text;
  }
};

}  // namespace agentd
