#pragma once

#include <charconv>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/model/codec.h"
namespace agentd {

/// A response as tests/golden/openai/*.http hold it: status, headers, a blank line, the body's exact bytes.
struct GoldenResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;
};

inline GoldenResponse read_response(const std::string& name) {
  std::ifstream file(std::string(AGENTD_SOURCE_DIR "/tests/golden/openai/") + name + ".http",
                     std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  GoldenResponse response;
  const std::size_t blank = text.find("\n\n");
  response.body = text.substr(blank + 2);
  std::size_t at = text.find('\n');
  std::from_chars(text.data(), text.data() + at, response.status);
  while (at < blank) {
    const std::size_t end = text.find('\n', at + 1);
    const std::string line = text.substr(at + 1, end - at - 1);
    const std::size_t colon = line.find(": ");
    response.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    at = end;
  }
  return response;
}

inline nlohmann::ordered_json to_json(const Usage& usage) {
  return {usage.input, usage.cache_read, usage.cache_write, usage.output};
}

/// All that a decoder decides, for people to read in a golden file.
inline std::string describe(const ModelResult& result) {
  nlohmann::ordered_json json;
  if (const auto* replied = std::get_if<ModelReplied>(&result)) {
    json["reply"] = replied->text;
    for (const ToolCall& call : replied->calls)
      json["calls"].push_back({call.provider_id, call.name, call.arguments});
    json["usage"] = to_json(replied->usage);
  } else if (const auto* failed = std::get_if<ModelFailed>(&result)) {
    json["failed"] = failed->reason;
    json["message"] = failed->message;
    json["retryable"] = failed->retryable;
    if (failed->retry_after_ms) json["retry_after_ms"] = *failed->retry_after_ms;
    if (failed->usage.total() > 0) json["usage"] = to_json(failed->usage);
  } else {
    json["interrupted"] = true;
  }
  return json.dump(2) + "\n";
}

}  // namespace agentd
