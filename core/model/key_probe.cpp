#include "core/model/key_probe.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/mask.h"
#include "core/model/http_model.h"
#include "core/text.h"

namespace agentd {
namespace {

constexpr const char* kArea = "provider";
constexpr std::size_t kMaxBody = 64 << 10;
constexpr std::int64_t kTimeoutMs = 10'000;

/// Where a provider lists its models: the address of a model call has `tail` and what follows it replaced.
/// What openai is found to have, openai-responses has as well.
struct Row {
  const char* provider;
  std::string_view tail;
  std::string_view list;
};
constexpr std::array kRows = {
    Row{"anthropic", "/v1/messages", "/v1/models?limit=1"}, Row{"bedrock", "/model/", "/foundation-models"},
    Row{"gemini", "/models/", "/models?pageSize=1"}, Row{"openai", "/chat/completions", "/models"}};

/// Of a task that says nothing of its own.
ModelSetup setup_of(const Row& row) {
  ModelSetup setup;
  setup.provider = row.provider;
  setup.name = "any";
  return setup;
}

HttpRequest list_request(const Row& row, const Provider& access) {
  HttpRequest request = other_request(setup_of(row), access, row.tail, row.list);
  // Bedrock keeps its list on another host.
  constexpr std::string_view kRuntime = "https://bedrock-runtime.";
  if (request.url.starts_with(kRuntime)) request.url.replace(0, kRuntime.size(), "https://bedrock.");
  request.method = "GET";
  request.timeout_ms = request.idle_timeout_ms = kTimeoutMs;
  return request;
}

struct Answer : HttpSink {
  void head(int code, const HttpHeaders&) override { status = code; }
  void body(std::string_view bytes) override {
    text += bytes.substr(0, kMaxBody - std::min(kMaxBody, text.size()));
  }
  bool says(std::string_view words) const { return text.find(words) != std::string::npos; }

  int status = 0;
  std::string text;
};

std::string credentials_of(const Provider& access) {
  if (access.signer) return "the credentials";
  return access.endpoint.api_key.empty() ? "a request without a key" : "the key in " + access.key_variable;
}

std::string fix_of_way(const Provider& access) {
  return "check the network, HTTPS_PROXY and " + (access.url_setting.empty() ? "DNS" : access.url_setting);
}

Finding judge(const Row& row, const Provider& access, const Answer& answer) {
  const int status = answer.status;
  const std::string code = std::to_string(status), credentials = credentials_of(access);
  const auto works = [&](std::string text) {
    return Finding{kArea, row.provider, Verdict::Ok, std::move(text)};
  };
  if (status >= 200 && status < 300) return works("the server took " + credentials);
  if (status == 429) return works("the server answers, but limits the rate now (429)");
  // To call a model is another right.
  if (status == 403 && answer.says("not authorized to perform"))
    return works("the server knows " + credentials + ", though not allowed to list models");
  if (status == 404 || status == 405) return works("the server answers, but has no list of models to try");
  // Gemini has 400 for it.
  if (status == 401 || status == 403 || (status == 400 && answer.says("API key")))
    return {kArea, row.provider, Verdict::No, "the server refused " + credentials + " with " + code,
            "make a new key and set it, or unset it where it is not needed"};
  return {kArea, row.provider, Verdict::Warn, "the server answered with " + code,
          status >= 500 ? "try again later" : fix_of_way(access)};
}

Finding attempt(const Row& row, const Provider& access, const ModelWorld& world, const Stop& stop) {
  HttpRequest request = list_request(row, access);
  if (access.signer) {
    const std::optional<ModelResult> failed = access.signer->sign(request, stop);
    const auto* why = failed ? std::get_if<ModelFailed>(&*failed) : nullptr;
    if (failed)
      return {kArea, row.provider, Verdict::No, why != nullptr ? why->message : "was interrupted",
              "mend the source of the credentials, or set others"};
  }
  Answer answer;
  const auto failure = world.http.send(request, answer, stop);
  if (!failure) return judge(row, access, answer);
  return {kArea, row.provider, Verdict::No, mask(failure->message, world.secrets), fix_of_way(access)};
}

Finding found_by(const Row& row, const Provider& access) {
  std::string text = access.key_variable + " is set";
  if (access.signer)
    text = access.signer->describe();
  else if (access.endpoint.api_key.empty())
    text = "no key, and a server of your own (" + access.url_setting + ")";
  return {kArea, row.provider, Verdict::Ok, std::move(text)};
}

/// Null: nothing is sent.
Findings probe(const ModelWorld& world, const Stop* stop) {
  Findings findings;
  for (const Row& row : kRows) {
    world.secrets.learn(model_secrets(setup_of(row), world.environment, world.read_file));
    try {
      const Provider access = provider_access(setup_of(row), world);
      findings.push_back(stop == nullptr ? found_by(row, access) : attempt(row, access, world, *stop));
    } catch (const Error& error) {
      findings.push_back(finding_of_error(kArea, row.provider, Verdict::Warn, error.what()));
    }
  }
  return findings;
}

}  // namespace

Findings probe_keys(const ModelWorld& world) {
  return probe(world, nullptr);
}

Findings try_keys(const ModelWorld& world, const Stop& stop) {
  return probe(world, &stop);
}

}  // namespace agentd
