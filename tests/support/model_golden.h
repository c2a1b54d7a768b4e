#pragma once

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/model/codec.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

// What the tests of every wire format share.

namespace agentd {

/// A response as tests/golden/PROVIDER/*.http hold it: status, headers, a blank line, the body's exact bytes.
struct GoldenResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;
};

inline GoldenResponse read_response(const std::string& provider, const std::string& name) {
  std::ifstream file(AGENTD_SOURCE_DIR "/tests/golden/" + provider + "/" + name + ".http", std::ios::binary);
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
    if (replied->unfinished) json["unfinished"] = true;
    if (!replied->provider_content.empty())
      json["provider_content"] = nlohmann::ordered_json::parse(replied->provider_content);
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

inline std::string describe(const HttpRequest& request) {
  std::string text = request.method + " " + request.url + "\n";
  for (const auto& [name, value] : request.headers) text.append(name).append(": ").append(value).append("\n");
  return text + "\n" + request.body + "\n";
}

/// Fed in two pieces, cut at `cut`, or byte by byte.
constexpr std::size_t kEveryByte = std::string::npos;
inline ModelResult decode(const Codec& codec, const GoldenResponse& response, std::size_t cut = 0,
                          const std::optional<HttpFailure>& failure = {}) {
  const auto decoder = codec.decoder();
  decoder->head(response.status, response.headers);
  const std::string_view body = response.body;
  if (cut == kEveryByte) {
    for (std::size_t i = 0; i < body.size(); ++i) decoder->body(body.substr(i, 1));
  } else {
    decoder->body(body.substr(0, cut));
    decoder->body(body.substr(cut));
  }
  return decoder->finish(failure);
}

/// Every *.http of the provider's folder decodes as the *.json beside it shows, wherever it is split.
inline void check_golden_responses(const std::string& provider, const Codec& codec) {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(AGENTD_SOURCE_DIR "/tests/golden/" + provider))
    if (file.path().extension() == ".http") names.push_back(file.path().stem().string());
  std::sort(names.begin(), names.end());
  CHECK(names.size() > 10);
  for (const std::string& name : names) {
    INFO(name);
    const GoldenResponse response = read_response(provider, name);
    const std::string whole = describe(decode(codec, response));
    CHECK(golden(provider + "/" + name + ".json", whole) == whole);
    CHECK(describe(decode(codec, response, kEveryByte)) == whole);
    // Byte by byte has been through every state; two pieces at many places are for what comes in long ones.
    const std::size_t stride = 1 + response.body.size() / 100;
    for (std::size_t cut = 1; cut < response.body.size(); cut += stride) {
      const std::string split = describe(decode(codec, response, cut));
      if (split != whole) FAIL_CHECK("cut at " << cut << ": " << split);
    }
  }
}

/// The request as the golden file shows, valid JSON, and the same every time.
inline void check_golden_request(const std::string& name, const Codec& codec, const ModelRequest& request,
                                 const Endpoint& endpoint) {
  INFO(name);
  const HttpRequest http = codec.encode(request, endpoint);
  const std::string text = describe(http);
  CHECK(golden(name + ".txt", text) == text);
  CHECK(nlohmann::json::accept(http.body));
  CHECK(codec.encode(request, endpoint) == http);
}

/// Pieces of a transcript.
inline Message user(std::string text) {
  return {.role = Role::User, .text = std::move(text)};
}
inline Message reply(std::vector<ToolCall> calls, std::string text = "", std::string provider = "openai") {
  return {.role = Role::Assistant,
          .text = std::move(text),
          .calls = std::move(calls),
          .provider = std::move(provider)};
}
inline Message result(ToolCall call, std::string text) {
  return {.role = Role::Tool, .text = std::move(text), .call = std::move(call)};
}

/// A request with parallel calls, an empty result, a person's word and an answer.
inline std::vector<Message> a_history(const std::string& provider) {
  const ToolCall list{"call_a", "shell", R"({"command": "ls \"x\""})"}, look{"call_b", "look", "{}"};
  return {user("Count\tthe words of 'é' and \x01."),
          reply({list, look}, "I will look.", provider),
          result(list, "a.txt\n"),
          result(look, ""),
          user("Hurry."),
          reply({}, "There are 7.", provider)};
}
inline const std::vector<ToolSpec> kTools = {
    {"shell", "Runs \"sh -c\".", R"({"type":"object","properties":{"command":{"type":"string"}}})",
     Effect::Once},
    {"look", "Looks.", "", Effect::Read}};

}  // namespace agentd
