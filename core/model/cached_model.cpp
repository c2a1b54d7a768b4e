#include "core/model/cached_model.h"

#include "core/error.h"
#include "core/model/digest.h"

namespace agentd {
namespace {

class CachedModel : public Model {
 public:
  CachedModel(std::unique_ptr<Model> model, Codec codec, Endpoint endpoint, ReplyCache& cache, Clock& clock)
      : model_(std::move(model)),
        codec_(codec),
        endpoint_(std::move(endpoint)),
        cache_(cache),
        clock_(clock) {}

  ModelResult ask(const ModelRequest& request, const Stop& stop) override {
    const std::string key = key_of(request);
    if (const auto kept = cache_.find(key, clock_.now_ms()))
      if (auto reply = read(*kept)) return *std::move(reply);
    ModelResult result = model_->ask(request, stop);
    if (const auto* reply = std::get_if<ModelReplied>(&result))
      cache_.keep(key, to_json({.event = *reply}), clock_.now_ms() + request.setup.cache.ttl_ms);
    return result;
  }

 private:
  std::string key_of(ModelRequest request) const {
    request.run = "";
    const HttpRequest http = codec_.encode(request, endpoint_);
    std::string all = http.url + "\n";
    for (const auto& [name, value] : http.headers) all += name + ": " + value + "\n";
    return to_hex(sha256(all + "\n" + http.body));
  }

  /// None where an older agentd wrote something else.
  static std::optional<ModelReplied> read(const std::string& json) {
    try {
      auto reply = std::get<ModelReplied>(event_from_json(ModelReplied::kKind, json));
      reply.usage = {};
      reply.cost_usd = 0;
      reply.duration_ms = 0;
      reply.cached = true;
      return reply;
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  std::unique_ptr<Model> model_;
  Codec codec_;
  Endpoint endpoint_;
  ReplyCache& cache_;
  Clock& clock_;
};

}  // namespace

std::unique_ptr<Model> make_cached_model(std::unique_ptr<Model> model, Codec codec, Endpoint endpoint,
                                         ReplyCache& cache, Clock& clock) {
  return std::make_unique<CachedModel>(std::move(model), codec, std::move(endpoint), cache, clock);
}

}  // namespace agentd
