#include "core/model/http_model.h"

#include <algorithm>

#include "core/json_text.h"
#include "core/mask.h"

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

/// Hands a response on; of a refusal the headers and the body as a whole, masked: messages are cut, and half
/// a key would not be known for one.
class MaskedRefusals : public HttpSink {
 public:
  MaskedRefusals(HttpSink& sink, const Secrets& secrets) : sink_(sink), secrets_(secrets) {}

  void head(int status, const HttpHeaders& headers) override {
    status_ = status;
    HttpHeaders shown = headers;
    if (!has_succeeded())
      for (auto& [name, value] : shown) value = mask(value, secrets_);
    sink_.head(status, shown);
  }
  void body(std::string_view bytes) override {
    constexpr std::size_t kMost = 256 << 10;
    if (has_succeeded())
      sink_.body(bytes);
    else
      refusal_ += bytes.substr(0, kMost - std::min(kMost, refusal_.size()));
  }
  /// The response is over.
  void end() {
    if (!refusal_.empty()) sink_.body(mask(refusal_, secrets_));
  }
  bool has_succeeded() const { return status_ >= 200 && status_ < 300; }

 private:
  HttpSink& sink_;
  const Secrets& secrets_;
  int status_ = 0;
  std::string refusal_;
};

}  // namespace

HttpModel::HttpModel(Provider provider, HttpTransport& http, Clock& clock)
    : provider_(std::move(provider)), http_(http), clock_(clock) {}

ModelResult HttpModel::ask(const ModelRequest& request, const Stop& stop) {
  HttpRequest http = provider_.codec.encode(request, provider_.endpoint);
  http.timeout_ms = request.setup.timeout_ms;
  // A reply that is not streamed is silent until it is whole.
  http.idle_timeout_ms = request.setup.stream ? request.setup.idle_timeout_ms : request.setup.timeout_ms;
  const std::int64_t begin = clock_.monotonic_ms();
  if (provider_.signer)
    if (auto ended = provider_.signer->sign(http, stop)) return *std::move(ended);
  const std::unique_ptr<ReplyDecoder> decoder = provider_.codec.decoder();
  MaskedRefusals sink(*decoder, provider_.secrets);
  const std::optional<HttpFailure> failure = http_.send(http, sink, stop);
  sink.end();
  ModelResult result = decoder->finish(failure);
  if (failure && failure->kind == HttpFailure::Kind::Connect) explain_connection(result);
  if (auto* replied = std::get_if<ModelReplied>(&result)) {
    replied->model = request.setup.name;
    replied->duration_ms = clock_.monotonic_ms() - begin;
    replied->cost_usd = cost(replied->usage);
    for (ToolCall& call : replied->calls) call.arguments = with_whole_escapes(call.arguments);
  } else if (auto* failed = std::get_if<ModelFailed>(&result)) {
    // A reply that broke off before its usage came is billed all the same: about what was sent.
    if (failed->usage.total() == 0 && sink.has_succeeded() && failed->retryable)
      failed->usage.input = static_cast<std::int64_t>(http.body.size() / 4);
    if (failed->usage.total() > 0) failed->cost_usd = cost(failed->usage);
    explain(*failed, request.setup);
  }
  // Before it is cached, or read as text with calls in it.
  std::visit(overloaded{[](Interrupted&) {}, [&](auto& event) { mask(event, provider_.secrets); }}, result);
  return result;
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
