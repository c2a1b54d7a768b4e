#include "core/model/http_model.h"

#include <algorithm>

#include "core/model/secret_mask.h"

namespace agentd {
namespace {

/// A URL for people: without what may be secret.
std::string public_url(std::string url) {
  url.resize(std::min(url.find('?'), url.size()));
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t at = url.substr(0, url.find('/', host)).rfind('@');
  if (at != std::string::npos && at >= host) url.erase(host, at + 1 - host);
  return url;
}

}  // namespace

HttpModel::HttpModel(Provider provider, HttpTransport& http, Clock& clock)
    : provider_(std::move(provider)), http_(http), clock_(clock) {}

ModelResult HttpModel::ask(const ModelRequest& request, const Stop& stop) {
  HttpRequest http = provider_.codec.encode(request, provider_.endpoint);
  http.timeout_ms = request.setup.timeout_ms;
  // A reply that is not streamed is silent until it is whole.
  http.idle_timeout_ms = request.setup.stream ? request.setup.idle_timeout_ms : request.setup.timeout_ms;
  const std::int64_t begin = clock_.monotonic_ms();
  if (provider_.signer) {
    if (auto ended = provider_.signer->sign(http, stop)) {
      if (auto* failed = std::get_if<ModelFailed>(&*ended))
        failed->message = masked(std::move(failed->message));
      return *std::move(ended);
    }
  }
  const std::unique_ptr<ReplyDecoder> decoder = provider_.codec.decoder();
  MaskedRefusals sink(*decoder, [this](std::string text) { return masked(std::move(text)); });
  const std::optional<HttpFailure> failure = http_.send(http, sink, stop);
  sink.end();
  ModelResult result = decoder->finish(failure);
  if (failure && failure->kind == HttpFailure::Kind::Connect) explain_connection(result);
  if (auto* replied = std::get_if<ModelReplied>(&result)) {
    replied->model = request.setup.name;
    replied->duration_ms = clock_.monotonic_ms() - begin;
    finish(*replied);
  } else if (auto* failed = std::get_if<ModelFailed>(&result)) {
    // A reply that broke off before its usage came is billed all the same: about what was sent.
    if (failed->usage.total() == 0 && sink.has_succeeded() && failed->retryable)
      failed->usage.input = static_cast<std::int64_t>(http.body.size() / 4);
    if (failed->usage.total() > 0) failed->cost_usd = cost(failed->usage);
    explain(*failed, request.setup);
  }
  return result;
}

void HttpModel::finish(ModelReplied& replied) const {
  replied.text = masked(std::move(replied.text));
  for (ToolCall& call : replied.calls)
    for (std::string* part : {&call.name, &call.provider_id, &call.arguments})
      *part = masked(std::move(*part));
  // Masked content would not be the provider's own any more: then text and calls must do.
  if (masked(replied.provider_content) != replied.provider_content) replied.provider_content.clear();
  replied.cost_usd = cost(replied.usage);
}

std::string HttpModel::masked(std::string text) const {
  text = mask_reply(std::move(text), provider_.secrets);
  return provider_.signer ? mask_reply(std::move(text), provider_.signer->secrets()) : text;
}

/// Says which setting to look at, as far as the reason tells.
void HttpModel::explain(ModelFailed& failed, const ModelSetup& setup) const {
  if (failed.reason == "auth") {
    const bool has_key = !provider_.endpoint.api_key.empty();
    failed.message += provider_.signer ? " (" + provider_.signer->describe() + ")"
                      : has_key        ? " (the key is the one in " + provider_.key_variable + ")"
                                       : " (no key was sent; set " + provider_.key_variable + ")";
  } else if (failed.reason == "bad_request") {
    const std::string& setting = provider_.url_setting;
    failed.message += " (model.name " + setup.name + " at " + public_url(provider_.endpoint.base_url) +
                      (setting.empty() ? "" : ", set by " + setting) + ")";
  }
  failed.message = masked(std::move(failed.message));
}

/// A server that cannot be reached may be the wrong one.
void HttpModel::explain_connection(ModelResult& result) const {
  auto* failed = std::get_if<ModelFailed>(&result);
  if (failed != nullptr && !provider_.url_setting.empty())
    failed->message += " (is " + provider_.url_setting + " right?)";
}

/// None, not 0, for a reply whose server does not count tokens, unless they are free.
std::optional<double> HttpModel::cost(const Usage& usage) const {
  if (!provider_.price) return {};
  const Price& price = *provider_.price;
  const bool is_free = price.input == 0 && price.output == 0;
  if (usage.total() == 0 && !is_free) return {};
  return cost_usd(price, usage);
}

}  // namespace agentd
